"""A month's bill: one line for each thing that is charged, each with its quantity, its price and where both come from."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from labctl.cost.measured.volume import Volume
from labctl.cost.money import Money
from labctl.cost.month import Month, WhatIf
from labctl.cost.prices.table import Backend, Price, PriceTable, Provider
from labctl.targets.pods import Pod

UNKNOWN = "unknown: --rps N"


class Group(StrEnum):
    PODS = "pods"
    CLUSTER = "cluster"
    NETWORK = "network"
    TELEMETRY = "telemetry"


@dataclass(frozen=True, slots=True)
class BillLine:
    group: Group
    name: str
    quantity: float | None              # None: unknown
    unit: str
    cost: Money | None                  # of the month; None: unknown
    quantity_from: str                  # the manifests, a run, an option
    prices: Sequence[Price] = ()
    why: str = ""                       # it is free, unknown, or more than it seems
    signals: Sequence[str] = ()         # whose telemetry it is for
    backend: str = ""                   # that charges it

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self), "cost": self.cost.as_json() if self.cost else None,
            "prices": [price.as_json() for price in self.prices],
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a bill is for."""

    table: PriceTable
    provider: Provider
    backends: Sequence[Backend]         # where the telemetry goes, to each of them
    pods: Sequence[Pod]
    volume: Volume | None               # None: nothing was measured, and there are no reference figures
    what_if: WhatIf = field(default_factory=WhatIf)


@dataclass(frozen=True, slots=True)
class Bill:
    asked: Asked
    lines: Sequence[BillLine]
    month: Month | None                 # None: unknown

    @property
    def total(self) -> Money:
        """Of what is known."""
        return self.of(*Group)

    @property
    def unknown(self) -> Sequence[str]:
        return [line.name for line in self.lines if line.cost is None]

    @property
    def per_million(self) -> Money | None:
        """Of the requests of a month; None without requests."""
        return self.total * (1 / self.month.millions) if self.month and self.month.requests else None

    def of(self, *groups: Group) -> Money:
        return total(line for line in self.lines if line.group in groups)

    def as_json(self) -> dict[str, Any]:
        per_million = self.per_million
        return {
            "provider": self.asked.provider.name, "backend": self.asked.backends[0].name,
            "backends": [backend.name for backend in self.asked.backends],
            "lines": [line.as_json() for line in self.lines], "total": self.total.as_json(), "unknown": list(self.unknown),
            "requests": self.month.requests if self.month else None,
            "per_million_requests": per_million.as_json() if per_million else None,
        }


def total(lines: Iterator[BillLine] | Sequence[BillLine]) -> Money:
    return sum((line.cost for line in lines if line.cost), Money())
