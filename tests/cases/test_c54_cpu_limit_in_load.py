"""C54, the load's half: a service that its CPU limit holds back needs a higher limit and not more workers, and that is said."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from labctl.load.judge import run_advice
from labctl.load.lab_notes import ServiceUsage
from labctl.model import Target, Usage
from tests.unit.load.judge.test_verdicts import SUMMARY


class Held:
    """A target whose service was held back in so much of the time since the look before."""

    def __init__(self, *shares: float | None) -> None:
        self._shares = shares

    def usage(self) -> Iterator[list[Usage]]:
        for share in self._shares:
            yield [Usage("collector", 0.1, 0.2, 1, 2.0, 0.9), Usage("service", 0.5, 0.5, 1, 2.0, share)]


def throttled(*shares: float | None) -> str:
    return ServiceUsage(cast("Target", cast("Any", Held(*shares)))).throttled()


def test_the_limit_is_named() -> None:
    assert throttled(None, 0.64) == (
        "The service's CPU limit of 0.50 cores throttled it in 64 % of the periods: raise it, more workers do not help."
    )


def test_what_does_not_matter_or_is_not_known_is_not_said() -> None:
    assert throttled(0.9, 0.01) == throttled(0.9, None) == throttled(0.9) == ServiceUsage(None).throttled() == ""


def test_it_is_said_instead_of_more_workers() -> None:
    slow = replace(SUMMARY, target_rate=500.0)
    assert any("workers; you gave" in remark for remark in run_advice.remarks(slow))
    remarks = run_advice.remarks(slow, throttled(None, 0.64))
    assert any("CPU limit" in remark for remark in remarks)
    assert not any("workers; you gave" in remark for remark in remarks)
