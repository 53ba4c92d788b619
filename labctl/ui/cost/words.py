"""How quantities, prices and questions are written on the screens about money."""

from typing import Final

from labctl import numbers
from labctl.cost.bill.bill import BillLine, Group
from labctl.cost.estimate import Estimate
from labctl.cost.month import kept_share
from labctl.cost.prices.table import Checked, Price, Unit
from labctl.numbers import MISSING

NOT_CHECKED: Final = "°"                # after an amount, one of whose prices was not read on the vendor's own page
_MILLION, _THOUSAND = 1e6, 1e3


def quantity(line: BillLine) -> str:
    """`1 × 0.25 vCPU, 256 MiB`, `18.2 GB`; a dash where it is unknown or nothing is counted."""
    if line.quantity is None:
        return MISSING
    if line.group is Group.PODS and line.unit.startswith("pods of "):
        return f"{line.quantity:g} × {line.unit.removeprefix('pods of ')}"
    unit = Unit(line.unit).counted(line.quantity) if line.unit in set(Unit) else line.unit
    return f"{figure(line.quantity)} {unit}"


def figure(value: float) -> str:
    """Three digits: `0`, `0.42`, `18.2`, `131`, `1 310`."""
    if value >= _THOUSAND:
        return numbers.count(value)
    return f"{value:.3g}" if value >= 0.01 or not value else "<0.01"  # noqa: PLR2004 less says nothing


def checked(line: BillLine) -> bool:
    """A price does not matter where there is nothing to charge."""
    return line.quantity == 0 or all(price.checked is Checked.VENDOR for price in line.prices)


def price(one: Price) -> str:
    """`$0.0445/vCPU hour`."""
    low, high = _amount(one.amount.low), _amount(one.amount.high)
    return f"${low}/{one.unit}" if low == high else f"${low}\N{EN DASH}{high}/{one.unit}"


def _amount(value: float) -> str:
    """`10`, `0.10`, `0.0445`."""
    return f"{value:.2f}" if value != int(value) and round(value, 2) == value else f"{value:g}"


def requests(count: float) -> str:
    """`131 million requests`."""
    return f"{figure(count / _MILLION)} million requests" if count >= _MILLION else f"{numbers.count(count)} requests"


def question(estimate: Estimate) -> str:
    """What the bill is for: `50/s all month (the rate of run 72e6114e): 131 million requests`."""
    bill, what_if = estimate.bill, estimate.bill.asked.what_if
    rate = "requests: unknown (--rps N, or labctl load)"
    if bill.month and what_if.rps is not None:
        rate = f"{numbers.rate(what_if.rps)} all month ({estimate.rps_from}): {requests(bill.month.requests)}"
    parts = [rate, *_differences(estimate)]
    return " · ".join(parts)


def _differences(estimate: Estimate) -> list[str]:
    what_if = estimate.bill.asked.what_if
    volume = estimate.bill.asked.volume
    kept, provider = kept_share(what_if, volume), estimate.bill.asked.provider
    spot = "spot" if "spot" in provider.prices or provider.free else f"spot: not offered by {provider.title}"
    found = {
        f"{numbers.percent(kept, 1.0)} of the traces kept": kept < 1,
        f"{what_if.replicas} replicas of the service": what_if.replicas is not None,
        f"telemetry kept for {what_if.retention_days or 0:g} days": what_if.retention_days is not None,
        f"metrics every {what_if.metric_interval_s or 0:g} s": what_if.metric_interval_s is not None,
        f"{what_if.zones} zones": what_if.zones > 1, spot: what_if.spot,
    }
    return [text for text, shown in found.items() if shown]
