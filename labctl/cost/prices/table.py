"""Prices as values: where a lab can run (providers), where its telemetry can go (backends), and what each charges for.

A provider or a backend is an entry in a price file; no code knows one by its name, but for the defaults.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from labctl.cost.measured.volume import SIGNALS
from labctl.cost.money import Money

MONTH_HOURS: Final = 730.0
MONTH_S: Final = MONTH_HOURS * 3600
GB: Final = 1e9
GIB: Final = float(1 << 30)


class Unit(StrEnum):
    """What a price is for one of."""

    VCPU_HOUR = "vCPU hour"
    VCPU_MONTH = "vCPU month"
    GIB_HOUR = "GiB hour"
    GIB_MONTH = "GiB month"
    GB_MONTH = "GB month"
    GB = "GB"
    GIB = "GiB"
    NODE_HOUR = "node hour"
    CLUSTER_HOUR = "cluster hour"
    BALANCER_HOUR = "load balancer hour"
    MONTH = "month"
    HOST_MONTH = "host month"
    METRIC_MONTH = "metric month"
    MILLION_SPANS = "million spans"
    MILLION_TRACES = "million traces"
    MILLION_RECORDS = "million records"
    MILLION_SAMPLES = "million samples"
    MILLION_EVENTS = "million events"
    THOUSAND_SERIES = "thousand series"
    SHARE = "share saved"

    def counted(self, quantity: float) -> str:
        """What so many of them are called in a month: `host`, `metrics`, `million spans`."""
        name = _OF_A_MONTH.get(self.value)
        return self.value if name is None else name if quantity == 1 else f"{name}s"


_OF_A_MONTH: Final = {"host month": "host", "metric month": "metric"}


class Checked(StrEnum):
    """How well a price is known."""

    VENDOR = "vendor"                   # read on the vendor's own page
    THIRD_PARTY = "third party"
    NO = "no"                           # nobody has looked


@dataclass(frozen=True, slots=True)
class Price:
    row: str                            # where it stands in the file, such as providers.gke.prices.node
    amount: Money                       # for one unit
    unit: Unit
    source: str
    date: str
    checked: Checked
    free: float = 0.0                   # units of each month that cost nothing
    note: str = ""

    def of(self, quantity: float) -> Money:
        return self.amount * max(0.0, quantity - self.free)

    def as_json(self) -> dict[str, Any]:
        value = asdict(self)
        return {**{name: value[name] for name in ("row", "unit", "source", "date", "checked", "free", "note")},
                "low": self.amount.low, "high": self.amount.high}


@dataclass(frozen=True, slots=True)
class PodSize:
    cpu: float                          # cores
    memory: float                       # bytes


@dataclass(frozen=True, slots=True)
class PodRules:
    """Of a provider that charges for pods by what they request."""

    least: PodSize = PodSize(0.0, 0.0)
    overhead: PodSize = PodSize(0.0, 0.0)
    sizes: Sequence[PodSize] = ()       # the cheapest of these that holds the pod is charged; none: exactly what it requests


@dataclass(frozen=True, slots=True)
class Machine:
    """Of a provider that charges for whole nodes: what of one is left for the lab's pods."""

    name: str
    room: PodSize


SLOTS: Final[Mapping[str, frozenset[Unit]]] = {
    "cpu": frozenset({Unit.VCPU_HOUR, Unit.VCPU_MONTH}),
    "memory": frozenset({Unit.GIB_HOUR, Unit.GIB_MONTH}),
    "node": frozenset({Unit.NODE_HOUR}),
    "spot": frozenset({Unit.SHARE}),
    "control_plane": frozenset({Unit.CLUSTER_HOUR, Unit.MONTH}),
    "load_balancer": frozenset({Unit.BALANCER_HOUR, Unit.MONTH}),
    "load_balancer_data": frozenset({Unit.GB, Unit.GIB}),
    "egress": frozenset({Unit.GB, Unit.GIB, Unit.MONTH}),
    "cross_zone": frozenset({Unit.GB, Unit.GIB}),
    "disk": frozenset({Unit.GB_MONTH, Unit.GIB_MONTH}),
}
"""What a provider can charge for, and in which units."""


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    title: str
    prices: Mapping[str, Price] = field(default_factory=dict)      # by slot; what is absent is not charged
    pods: PodRules | None = None
    machine: Machine | None = None
    free: str = ""                      # why nothing costs anything


CHARGED: Final = frozenset({
    Unit.GB, Unit.GIB, Unit.GB_MONTH, Unit.GIB_MONTH, Unit.MONTH, Unit.HOST_MONTH, Unit.METRIC_MONTH, Unit.MILLION_SPANS,
    Unit.MILLION_TRACES, Unit.MILLION_RECORDS, Unit.MILLION_SAMPLES, Unit.MILLION_EVENTS, Unit.THOUSAND_SERIES,
})
"""The units that a backend can charge in."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a backend's bill; `price` None is the price of the provider's disk."""

    name: str
    signals: Sequence[str]              # whose telemetry it counts; none: it does not depend on telemetry
    price: Price | None
    included_days: float = 0.0          # of a price for what is kept: it begins after these


@dataclass(frozen=True, slots=True)
class Backend:
    name: str
    title: str
    charges: Sequence[Charge] = ()
    in_cluster: bool = False
    providers: Sequence[str] = ()       # in whose network it is, so that sending to it is no egress
    retention_days: float | None = None     # how long it keeps telemetry unless more is asked for
    free: str = ""                      # why nothing costs anything
    components: Sequence[str] = ()      # components of the lab that are there for it, and not for another backend
    export: str = ""                    # the name in `labctl up --export` that sends to it
    signals: Sequence[str] = SIGNALS    # that it is sent; of one that is exported to, those that its folder of manifests/ sends
    unknown: str = ""                   # why nobody knows what it charges

    def sent(self, signals: Sequence[str]) -> "Backend":
        """As one that gets no other signals."""
        charges = [replace(one, signals=[name for name in one.signals if name in signals]) for one in self.charges]
        kept = [one for one, whole in zip(charges, self.charges, strict=True) if one.signals or not whole.signals]
        return replace(self, charges=kept, signals=signals)


@dataclass(frozen=True, slots=True)
class PriceTable:
    name: str
    date: str
    file: str
    providers: Mapping[str, Provider]
    backends: Mapping[str, Backend]
    precision: float = 0.01             # of the amounts, in dollars
    components: Sequence[str] = ()      # whose pods are counted; none: all
    differs: Mapping[str, str] = field(default_factory=dict)       # by line, why the list prices come to something else
