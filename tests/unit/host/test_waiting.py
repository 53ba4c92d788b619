"""A wait looks at least once, ends at its deadline, and gives the last thing seen."""

import time

from labctl.host import waiting
from labctl.host.waiting import Deadline


def test_it_ends_with_what_was_waited_for() -> None:
    looks = iter([0, 0, 7])
    assert waiting.until(lambda: next(looks), 60, every=0) == 7


def test_without_time_it_looks_once() -> None:
    looks = iter([0])
    assert waiting.until(lambda: next(looks), 0) == 0


def test_when_the_time_is_over_it_has_looked_once_more() -> None:
    seen: list[float] = []
    deadline = Deadline.after(0.05)

    def look() -> bool:
        seen.append(time.monotonic())
        return False

    assert waiting.until(look, deadline, every=30) is False
    assert len(seen) == 2
    assert seen[-1] >= deadline.at


def test_done_decides_over_what_was_seen() -> None:
    looks = iter(["a", "", "b"])
    assert waiting.until(lambda: next(looks), 60, every=0, done=lambda seen: seen == "") == ""


def test_a_deadline() -> None:
    assert Deadline.after(-1).passed
    assert Deadline.after(-1).left == 0.0
    long = Deadline.after(60)
    assert not long.passed
    assert long.sooner(1).left <= 1
    assert long.sooner(600) == long
