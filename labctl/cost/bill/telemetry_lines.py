"""What the backend charges for telemetry, each charge in the unit that it has."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from labctl.cost.bill.bill import UNKNOWN, Asked, BillLine, Group
from labctl.cost.bill.pod_lines import node_count
from labctl.cost.measured.volume import LOGS, TRACES
from labctl.cost.money import Money
from labctl.cost.month import Month
from labctl.cost.prices.table import GB, GIB, MONTH_HOURS, Backend, Charge, Price, Unit

_MILLION, _THOUSAND, _MONTH_DAYS = 1e6, 1e3, MONTH_HOURS / 24
_DEFAULT_DAYS: Final = 30.0
_WITHOUT_TELEMETRY: Final = {Unit.MONTH, Unit.HOST_MONTH}
_KEPT: Final = {Unit.GB_MONTH: GB, Unit.GIB_MONTH: GIB}

_COUNTS: Final[Mapping[Unit, Callable[[Month, Charge], float]]] = {
    Unit.GB: lambda month, charge: _bytes(month, charge) / GB,
    Unit.GIB: lambda month, charge: _bytes(month, charge) / GIB,
    Unit.MILLION_SPANS: lambda month, _: month.items[TRACES] / _MILLION,
    Unit.MILLION_TRACES: lambda month, _: month.traces / _MILLION,
    Unit.MILLION_RECORDS: lambda month, _: month.items[LOGS] / _MILLION,
    Unit.MILLION_SAMPLES: lambda month, _: month.samples / _MILLION,
    Unit.MILLION_EVENTS: lambda month, charge: sum(month.items[signal] for signal in charge.signals) / _MILLION,
    Unit.METRIC_MONTH: lambda month, _: month.metrics,
    Unit.THOUSAND_SERIES: lambda month, _: max(month.series, month.samples_per_minute) / _THOUSAND,
}


def lines(asked: Asked, month: Month | None) -> Iterator[BillLine]:
    for backend in asked.backends:
        for line in _lines(asked, backend, month):
            yield replace(line, backend=backend.name)


def _lines(asked: Asked, backend: Backend, month: Month | None) -> Iterator[BillLine]:
    if backend.free or backend.unknown:
        cost = Money() if backend.free else None
        yield BillLine(Group.TELEMETRY, backend.title, None, "", cost, "the price file", (), backend.free or backend.unknown)
    for charge in backend.charges:
        price = charge.price or asked.provider.prices.get("disk")
        if price is None:
            why = asked.provider.free or "the price file has no price for a disk"
            yield BillLine(Group.TELEMETRY, charge.name, None, "", Money(), "the price file", (), why, charge.signals)
        else:
            yield _line(asked, charge, price, month, retention_days(asked, backend))


def retention_days(asked: Asked, backend: Backend) -> float:
    wanted, usual = asked.what_if.retention_days, backend.retention_days
    return wanted if wanted is not None else usual if usual is not None else _DEFAULT_DAYS


def _line(asked: Asked, charge: Charge, price: Price, month: Month | None, days: float) -> BillLine:
    if price.unit in _WITHOUT_TELEMETRY:
        quantity: float | None = 1.0 if price.unit is Unit.MONTH else float(node_count(asked))
        source = "the price file" if price.unit is Unit.MONTH else "the pods' requests"
    else:
        quantity = None if month is None else _quantity(charge, price, month, days)
        source = month.source if month else UNKNOWN
    cost = None if quantity is None else price.of(quantity)
    why = UNKNOWN if quantity is None else _why(charge, price, quantity, days)
    return BillLine(Group.TELEMETRY, charge.name, quantity, price.unit.value, cost, source, [price], why, charge.signals)


def _quantity(charge: Charge, price: Price, month: Month, days: float) -> float:
    size = _KEPT.get(price.unit)
    if size is None:
        return _COUNTS[price.unit](month, charge)
    return _bytes(month, charge) / size * max(0.0, days - charge.included_days) / _MONTH_DAYS


def _bytes(month: Month, charge: Charge) -> float:
    return sum(month.bytes[signal] for signal in charge.signals)


def _why(charge: Charge, price: Price, quantity: float, days: float) -> str:
    if price.free and quantity <= price.free:
        return f"the first {price.free:g} {price.unit.counted(price.free)} of a month are free"
    if price.unit in _KEPT and not quantity and charge.included_days:
        return f"{charge.included_days:g} days are included"
    if price.unit in _KEPT:
        return f"kept for {days:g} days"
    return price.note
