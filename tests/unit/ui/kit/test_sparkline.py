"""A row of figures as blocks."""

from labctl.ui.kit.sparkline import sparkline


def test_the_highest_is_as_high_as_the_line_and_nothing_is_the_lowest() -> None:
    assert sparkline([0, 2, 7, 14], 10) == "▁▂▅█"
    assert sparkline([0, 0], 10) == "▁▁"
    assert sparkline([], 10) == ""


def test_what_is_not_known_is_left_blank() -> None:
    assert sparkline([None, 3, None], 10) == " █ "


def test_neighbours_share_a_cell_where_there_are_too_many() -> None:
    assert sparkline([1, 1, 1, 1, 8, 8, 8, 8], 2) == "▂█"
    assert len(sparkline(list(range(100)), 20)) == 20
    assert len(sparkline(list(range(1, 8)), 5)) == 4
