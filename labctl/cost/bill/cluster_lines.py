"""What the cluster and its network cost: control plane, load balancer, traffic to the internet and between zones."""

from collections.abc import Iterator

from labctl.cost.bill.bill import UNKNOWN, Asked, BillLine, Group
from labctl.cost.money import Money
from labctl.cost.month import Month
from labctl.cost.prices.table import GB, GIB, MONTH_HOURS, Backend, Price, Unit

_BYTES = {Unit.GB: GB, Unit.GIB: GIB}
_ONE_MONTH = "a month has 730 hours"


def lines(asked: Asked, month: Month | None) -> Iterator[BillLine]:
    if asked.provider.free:
        return
    yield from _fixed(asked, "control_plane", "control plane", Group.CLUSTER)
    yield from _fixed(asked, "load_balancer", "load balancer", Group.NETWORK)
    responses = month.responses if month else None
    yield from _traffic(asked, "load_balancer_data", "load balancer, data", responses, _source(month), "the responses")
    yield from _traffic(asked, "egress", "egress to the internet", _egress(asked, month), _source(month), _leaves(asked))
    crossing, why = _crossing(asked, month)
    source = "--zones 1" if asked.what_if.zones == 1 else _source(month)
    yield from _traffic(asked, "cross_zone", "traffic between zones", crossing, source, why)


def _fixed(asked: Asked, slot: str, name: str, group: Group) -> Iterator[BillLine]:
    price = asked.provider.prices.get(slot)
    if price is None:
        return
    quantity = 1.0 if price.unit is Unit.MONTH else MONTH_HOURS
    unit, why = "month" if price.unit is Unit.MONTH else "hours", _free(price, quantity)
    yield BillLine(group, name, quantity, unit, price.of(quantity), _ONE_MONTH, [price], why)


def _traffic(
    asked: Asked, slot: str, name: str, size: float | None, source: str, why: str = "",
) -> Iterator[BillLine]:
    price = asked.provider.prices.get(slot)
    if price is None:
        return
    if price.unit is Unit.MONTH:
        yield BillLine(Group.NETWORK, name, 1.0, "month", price.of(1.0), "the price file", [price], price.note)
        return
    quantity = None if size is None else size / _BYTES[price.unit]
    cost = None if quantity is None else price.of(quantity)
    reason = UNKNOWN if quantity is None else _free(price, quantity) or why
    yield BillLine(Group.NETWORK, name, quantity, price.unit.value, cost, source, [price], reason)


def _egress(asked: Asked, month: Month | None) -> float | None:
    """The responses, and the compressed telemetry where it leaves the provider's network."""
    if month is None or month.responses is None:
        return None
    return month.responses + sum(month.compressed[signal] for backend in _away(asked) for signal in backend.signals)


def _away(asked: Asked) -> list[Backend]:
    """Those in another network than the pods. Where one is that nobody knows the prices of, nobody knows either."""
    charging = (one for one in asked.backends if not one.free and not one.unknown)
    return [one for one in charging if not one.in_cluster and asked.provider.name not in one.providers]


def _leaves(asked: Asked) -> str:
    return "the responses, and telemetry under gzip" if _away(asked) else "the responses"


def _crossing(asked: Asked, month: Month | None) -> tuple[float | None, str]:
    """Spread evenly over the zones, a message stays in its own with a chance of one in as many as there are zones."""
    zones = asked.what_if.zones
    if zones == 1:
        return 0.0, "one zone: nothing crosses; --zones 3 for three"
    if month is None:
        return None, UNKNOWN
    hops = month.collected + sum(month.bytes[signal] for one in asked.backends if one.in_cluster for signal in one.signals)
    return hops * (zones - 1) / zones, f"{zones} zones: {zones - 1} of {zones} messages between the components cross"


def _source(month: Month | None) -> str:
    return month.source if month else UNKNOWN


def _free(price: Price, quantity: float) -> str:
    if price.free and quantity <= price.free:
        return price.note or f"the first {price.free:g} {price.unit} of a month are free"
    return price.note if price.amount == Money() else ""
