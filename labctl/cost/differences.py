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
    theirs = bill(replace(asked, table=listed, provider=provider, backend=next(iter(listed.backends.values()))))
    known = _by_name(ours)
    found: dict[str, BillLine | None] = {**dict.fromkeys(known), **_by_name(theirs)}
    return [
        PriceDifference(name, _cost(known.get(name)), _cost(line), asked.table.differs[name])
        for name, line in found.items() if name in asked.table.differs and (line is None or line.cost)
    ]


def _by_name(of: Bill) -> Mapping[str, BillLine]:
    return {line.name: line for line in of.lines}


def _cost(line: BillLine | None) -> Money | None:
    return line.cost if line else None
