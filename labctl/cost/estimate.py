"""What `labctl cost` works out: the bill, what would save, the requests that would do; and how it was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar

from labctl.cost.bill.bill import Asked, Bill
from labctl.cost.bill.billing import bill
from labctl.cost.differences import PriceDifference, differences
from labctl.cost.measured.usage import ComponentUse
from labctl.cost.measured.volume import Volume
from labctl.cost.money import Money
from labctl.cost.month import WhatIf
from labctl.cost.prices import price_file
from labctl.cost.prices.table import MONTH_S, Backend, PriceTable
from labctl.cost.right_size import RightSize, right_sized, right_sizes
from labctl.cost.savings import Saving, savings
from labctl.cost.stores import Keeping, StoreNeed, needs
from labctl.errors import UsageError, again
from labctl.targets.pods import Pod

BACKEND: Final = "viewer"               # unless another one is asked for
FILE: Final = "file"                    # of --export
NOT_PRICED: Final = "not in the price file: what runs it and the traffic to it come on top"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measured:
    """The lab as it was found, and what a run measured of it."""

    target: str                         # where it runs; "": nowhere
    pods: Sequence[Pod]
    volume: Volume | None
    usage: Sequence[ComponentUse] = ()
    rps: float | None = None            # of that run
    keeping: Keeping | None = None      # None: not asked for
    exported: Sequence[str] = ()        # where its telemetry goes beside the viewer, by the names of `labctl up --export`
    aggregated: bool = False            # --aggregate is on


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; an empty name is the default's."""

    table: PriceTable
    provider: str = ""
    backend: str = ""
    what_if: WhatIf = field(default_factory=WhatIf)


@dataclass(frozen=True, slots=True)
class Estimate:
    lab: Measured
    rps_from: str
    bill: Bill
    savings: Sequence[Saving]
    sizes: Sequence[RightSize]
    differences: Sequence[PriceDifference] = ()      # from the list prices, where the price table says why

    @property
    def rps(self) -> float | None:
        return self.bill.asked.what_if.rps

    @property
    def stores(self) -> list[StoreNeed]:
        return needs(self.lab.keeping, self.bill.month) if self.lab.keeping else []

    @property
    def one_million_more(self) -> Money | None:
        """What another million requests in the month would add; None where the traffic is unknown."""
        asked = self.bill.asked
        if self.bill.month is None or asked.what_if.rps is None:
            return None
        more = replace(asked.what_if, rps=asked.what_if.rps + 1e6 / MONTH_S)
        return bill(replace(asked, what_if=more)).total - self.bill.total

    @property
    def right_sizing(self) -> Money:
        small = replace(self.bill.asked, pods=right_sized(self.bill.asked.pods, self.sizes))
        return self.bill.total - bill(small).total

    def as_json(self) -> dict[str, Any]:
        more = self.one_million_more
        return {
            **self.question_json(), **self.bill.as_json(), "one_million_more": more.as_json() if more else None,
            "savings": [one.as_json() for one in self.savings],
            "right_sizes": [size.as_json() for size in self.sizes], "differences": [one.as_json() for one in self.differences],
            "stores": [store.as_json() for store in self.stores],
        }

    def question_json(self) -> dict[str, Any]:
        """What it is for."""
        asked, table = self.bill.asked, self.bill.asked.table
        return {
            "target": self.lab.target or None, "prices": {"name": table.name, "date": table.date, "file": table.file},
            "what_if": {**asdict(asked.what_if), "rps_from": self.rps_from},
            "telemetry": asked.volume.as_json() if asked.volume else None,
        }


def estimate(lab: Measured, wanted: Wanted) -> Estimate:
    """Raises UsageError for a provider or a backend that the price table does not have."""
    asked, rps_from = question(lab, wanted)
    now = bill(asked)
    sizes = right_sizes(lab.usage)
    differing = differences(now, price_file.read()) if wanted.table.differs else ()
    return Estimate(lab, rps_from, now, savings(now, sizes), sizes, differing)


def question(lab: Measured, wanted: Wanted) -> tuple[Asked, str]:
    """What the bill is for, and where its rate of requests comes from ("": it is unknown)."""
    what_if, source = wanted.what_if, "--rps"
    if what_if.rps is None:
        what_if = replace(what_if, rps=lab.rps)
        source = f"the rate of {lab.volume.source}" if lab.volume and lab.rps is not None else ""
    what_if = replace(what_if, aggregated=what_if.aggregated or lab.aggregated)
    table = wanted.table
    first = next(iter(table.providers))
    provider = _named("--provider", table.providers, wanted.provider or first)
    named = [_named("--backend", table.backends, wanted.backend)] if wanted.backend else _used(table, lab.exported)
    return Asked(table, provider, named, lab.pods, lab.volume, what_if), source


def _used(table: PriceTable, exported: Sequence[str]) -> list[Backend]:
    """The viewer, and what the lab exports to beside it: last what charges."""
    backend = table.backends.get(BACKEND) or next(iter(table.backends.values()))
    return [backend, *sorted((_exported(table, name) for name in exported), key=lambda one: bool(one.charges))]


def _exported(table: PriceTable, name: str) -> Backend:
    if name == FILE:
        return Backend(name, "files", free="they lie in the collector's pod, within its limit for ephemeral storage")
    found = next((one for one in table.backends.values() if one.export == name), None)
    return found.sent(found.signals) if found else Backend(name, name, unknown=NOT_PRICED)


def _named(option: str, known: Mapping[str, T], name: str) -> T:
    if name not in known:
        from difflib import get_close_matches

        near = next(iter(get_close_matches(name.lower(), known, 1)), "")
        fix = again(name, near) if near else ""
        raise UsageError(f"{option} {name}: not in the price file", detail=f"it has {', '.join(known)}", hint=fix)
    return known[name]
