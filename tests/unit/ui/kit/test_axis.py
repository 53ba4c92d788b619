from typing import Any

import pytest

from labctl.ui.kit.axis import lines, ticks


@pytest.mark.parametrize(("total", "most", "expected"), [
    (503, 5, [0, 200, 400]), (100, 5, [0, 20, 40, 60, 80, 100]), (0.3, 3, [0, 0.1, 0.2, 0.3]), (503, 1, [0]),
    (7, 10, [0, 1, 2, 3, 4, 5, 6, 7]),
])
def test_ticks_stand_at_round_numbers(total: float, most: int, expected: Any) -> None:
    assert ticks(total, most) == pytest.approx(expected)


@pytest.mark.parametrize("width", range(10, 160, 3))
@pytest.mark.parametrize("total", [0.03, 1.0, 503.2, 12_345.6])
def test_labels_never_touch_and_there_are_two_at_least(total: float, width: Any) -> None:
    labels, rule = (line.plain for line in lines(total, 0, width))

    assert len(labels) == len(rule) == width
    assert all(label[0].isdigit() or label in {"ms", "s", "<0.01"} for label in labels.split())
    assert rule.count("┬") > 1
    assert len(labels.split()) > 1


def test_a_trace_without_duration_has_no_axis() -> None:
    assert lines(0.0, 4, 40) == []
