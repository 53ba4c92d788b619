"""Where a price table and the list prices come to different amounts for the same lab, line by line, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from labctl.cost.bill.bill import Bill, BillLine
from labctl.cost.bill.billing import bill
from labctl.cost.money import Money
from labctl.cost.prices.table import PriceTable


@dataclass(frozen=True, slots=True)
class PriceDifference:
    name: str
    cost: Money | None                  # None: this table has no such line
    listed: Money | None                # the same of the list prices
    why: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def differences(ours: Bill, listed: PriceTable) -> list[PriceDifference]:
    """Of a table that says why it differs; the list prices are those of their first provider."""
    asked = ours.asked
    if not asked.table.differs or asked.provider.free:
        return []
    provider = next(iter(listed.providers.values()))
    theirs = bill(replace(asked, table=listed, provider=provider, backends=[next(iter(listed.backends.values()))]))
    known = _by_name(ours)
    found: dict[str, BillLine | None] = {**dict.fromkeys(known), **_by_name(theirs)}
    rows = [
        PriceDifference(name, _cost(known.get(name)), _cost(line), asked.table.differs[name])
        for name, line in found.items() if name in asked.table.differs and _differ(known.get(name), line)
    ]
    least = f", and what is unknown: {', '.join(theirs.unknown)}" if theirs.unknown else ""
    return [*rows, PriceDifference("total", ours.total, theirs.total, f"list prices of {provider.title}{least}")]


def _differ(one: BillLine | None, other: BillLine | None) -> bool:
    """Not where one of them is unknown, or where what one of them lacks is free."""
    costs = [line.cost if line else Money() for line in (one, other)]
    return None not in costs and costs[0] != costs[1]


def _by_name(of: Bill) -> Mapping[str, BillLine]:
    return {line.name: line for line in of.lines}


def _cost(line: BillLine | None) -> Money | None:
    return line.cost if line else None
