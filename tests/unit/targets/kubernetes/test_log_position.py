import pytest

from labctl.targets.kubernetes.log_position import Position, seconds

STAMPS = [f"2026-01-01T00:00:0{second}.{part:09d}Z" for second in (1, 2) for part in (1, 2, 2, 2, 5)]


def taken(position: Position, lines: list[str]) -> list[int]:
    """Which of the lines, by number, are fresh."""
    resumed = position.resume()
    return [number for number, stamp in enumerate(lines) if resumed.fresh(stamp)]


@pytest.mark.parametrize("had", range(len(STAMPS) + 1))
def test_a_log_that_is_asked_for_again_goes_on_where_it_stopped(had: int) -> None:
    position = Position()
    assert taken(position, STAMPS[:had]) == list(range(had))
    assert taken(position, STAMPS) == list(range(had, len(STAMPS)))


def test_it_is_asked_for_from_the_second_of_the_last_line() -> None:
    position = Position()
    taken(position, STAMPS[:3])
    assert position.query() == {"sinceTime": "2026-01-01T00:00:01Z"}


def test_lines_before_the_wanted_time_are_left_out() -> None:
    assert taken(Position(seconds(STAMPS[5])), STAMPS) == [5, 6, 7, 8, 9]


def test_a_line_without_a_time_has_none() -> None:
    assert seconds("not a time") is None
