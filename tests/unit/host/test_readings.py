"""Several readings by one deadline: what fails or is late is said, and the rest is had."""

import threading

from labctl.errors import LabError
from labctl.host.readings import AT_ONCE, Readings
from labctl.host.waiting import Deadline


def test_what_fails_is_said_and_the_rest_is_had() -> None:
    def refuse() -> int:
        raise LabError("it refuses", detail="403")

    def fail() -> int:
        raise KeyError("spec")

    readings = Readings(Deadline.after(30.0))
    good, refused, failed = readings.begin("good", lambda: 1), readings.begin("refused", refuse), readings.begin("failed", fail)
    assert (good.take(0), refused.take(0), failed.take(0)) == (1, 0, 0)
    assert readings.failed == ["refused: it refuses: 403", "failed: KeyError: 'spec'"]


def test_what_is_late_is_given_up() -> None:
    go_on = threading.Event()
    readings = Readings(Deadline.after(0.05))
    late = readings.begin("late", lambda: go_on.wait(30.0))
    assert late.take(instead=False) is False
    assert readings.failed == ["late: no answer in time"]
    go_on.set()


def test_more_readings_than_threads_all_come() -> None:
    readings = Readings(Deadline.after(30.0))
    many = [readings.begin(str(number), lambda number=number: number) for number in range(3 * AT_ONCE)]  # type: ignore[misc]
    assert [one.take(-1) for one in many] == list(range(3 * AT_ONCE))
