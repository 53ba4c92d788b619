"""A lab as it is delivered, and what a run measured of it: round figures, so that a bill can be worked out by hand."""

from dataclasses import replace
from typing import Any

from labctl.cost.bill.bill import Asked, Bill
from labctl.cost.bill.billing import bill
from labctl.cost.estimate import Measured, Wanted, question
from labctl.cost.measured.usage import ComponentUse
from labctl.cost.measured.volume import SignalVolume, Volume
from labctl.cost.month import WhatIf
from labctl.cost.prices import price_file
from labctl.targets.pods import Pod

MI = 1 << 20
LIST, TUTORIAL = price_file.read("list"), price_file.read("tutorial")
PODS = (
    Pod("service", 1, 0.25, 256.0 * MI, "the manifests"), Pod("collector", 1, 0.1, 128.0 * MI, "the manifests"),
    Pod("viewer", 1, 0.1, 128.0 * MI, "the manifests"),
)
VOLUME = Volume(
    "run 72e6114e", 100.0, 5000, 1,
    {
        "traces": SignalVolume(1000, 20000, 3_500_000, 350.0, 0.25), "metrics": SignalVolume(100, 2000, 800_000, 360.0, 0.25),
        "logs": SignalVolume(500, 5000, 1_200_000, 340.0, 0.4),
    },
    20, 130, response=350.0,
)
USAGE = tuple(
    ComponentUse(name, [cpu * share / 10 for share in range(1, 11)], memory * MI, None)
    for name, cpu, memory in (("service", 0.1, 72), ("collector", 0.05, 66), ("viewer", 0.03, 46))
)
LAB = Measured("local", PODS, VOLUME, USAGE, 50.0)
UNMEASURED = Measured("", PODS, None)


def asked(lab: Measured = LAB, table: Any = LIST, provider: str = "", backend: str = "", **what_if: Any) -> Asked:
    return question(lab, Wanted(table, provider, backend, WhatIf(**what_if)))[0]


def billed(lab: Measured = LAB, **more: Any) -> Bill:
    return bill(asked(lab, **more))


def lines(of: Bill) -> dict[str, Any]:
    return {line.name: line for line in of.lines}


def volume(**changes: Any) -> Measured:
    return replace(LAB, volume=replace(VOLUME, **changes))
