"""A fault, the alert that has to fire because of it, alone, and its end: as `labctl alerts` says, and the viewer was told."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.cases.spans import wait_until
from tests.contract.test_json import printed
from tests.driver import Driver

LATENCY, ERRORS = "p99<500ms", "errors<1%"
OBJECTIVES = f"{LATENCY},{ERRORS}"
SCALE = 360
FIRES_S = RESOLVES_S = 120
Named = tuple[str, str]                 # an alert: its name, its objective
SLOW, FAILING = ("ErrorBudgetBurn", LATENCY), ("ErrorBudgetBurn", ERRORS)


@contextmanager
def loaded(lab: Driver) -> Iterator[None]:
    process = lab.start("load", "--rps", "10", "--duration", "30m", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def firing(lab: Driver, expected: Named) -> list[dict[str, Any]]:
    """Nothing, or the expected one alone."""
    found: list[dict[str, Any]] = lab.json("alerts", code=None)["firing"]
    assert {named(one) for one in found} <= {expected}
    return found


def named(one: dict[str, Any]) -> Named:
    return one["name"], one["objective"]


def fires(lab: Driver, fault: str, expected: Named, *, told: bool = True) -> None:
    lab.run("break", fault)
    wait_until(lambda: any(one["delivered"] or not told for one in firing(lab, expected)), FIRES_S)
    shown = printed(lab, "alerts", code=5)["firing"]        # a long window may have its ticket beside the short one's page
    assert {named(one) for one in shown} == {expected}
    assert all(one["finding"]["remedy"] for one in shown)


def resolves(lab: Driver, expected: Named, *, told: bool = True) -> None:
    lab.run("mend")
    wait_until(lambda: not firing(lab, expected), RESOLVES_S)
    if told:
        wait_until(lambda: expected in map(named, lab.json("alerts")["resolved"]), 60)
