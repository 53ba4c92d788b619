"""The same lab's telemetry at every backend of a price table, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from labctl.cost.bill.bill import Asked, Bill, Group, total
from labctl.cost.bill.billing import bill
from labctl.cost.measured.volume import SIGNALS
from labctl.cost.money import Money


@dataclass(frozen=True, slots=True)
class BackendCost:
    """A row: its parts add up to its total."""

    bill: Bill

    @property
    def name(self) -> str:
        return self.bill.asked.backends[0].name

    def signal(self, name: str) -> Money:
        """Of the charges for that signal; one for several signals is shared out by their bytes."""
        return sum((_share(self.bill, line.cost, line.signals, name) for line in self.bill.lines if line.cost), Money())

    @property
    def fixed(self) -> Money:
        """Of the backend's charges that do not depend on telemetry."""
        return total([line for line in self.bill.lines if line.group is Group.TELEMETRY and not line.signals])

    @property
    def network(self) -> Money:
        """Of its traffic: the same lab with another backend differs in the egress."""
        return self.bill.of(Group.NETWORK)

    @property
    def telemetry(self) -> Money:
        return self.bill.of(Group.TELEMETRY)

    @property
    def complete(self) -> bool:
        return not self.bill.unknown

    def as_json(self) -> dict[str, Any]:
        parts = {name: self.signal(name).as_json() for name in SIGNALS}
        per_million = self.bill.per_million
        return {
            "backend": self.name, "title": self.bill.asked.backends[0].title, **parts, "fixed": self.fixed.as_json(),
            "telemetry": self.telemetry.as_json(), "network": self.network.as_json(), "total": self.bill.total.as_json(),
            "per_million_requests": per_million.as_json() if per_million else None, "unknown": list(self.bill.unknown),
            "lines": [line.as_json() for line in self.bill.lines],
        }


def compare(asked: Asked) -> list[BackendCost]:
    """The cheapest first."""
    rows = [BackendCost(bill(replace(asked, backends=[backend]))) for backend in asked.table.backends.values()]
    return sorted(rows, key=lambda row: (row.bill.total.middle, row.name))


def _share(of: Bill, cost: Money, signals: Sequence[str], name: str) -> Money:
    if name not in signals:
        return Money()
    sizes = {one: of.month.bytes[one] if of.month else 0.0 for one in signals}
    whole = sum(sizes.values())
    return cost * (sizes[name] / whole if whole else 1 / len(signals))
