"""Reads a price file. Whatever is wrong in it is one error that names the file, the row, and what is expected there."""

from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from labctl.cost.measured.volume import SIGNALS
from labctl.cost.money import Money
from labctl.cost.prices.table import (
    CHARGED,
    SLOTS,
    Backend,
    Charge,
    Checked,
    Machine,
    PodRules,
    PodSize,
    Price,
    PriceTable,
    Provider,
    Unit,
)
from labctl.errors import LabError, UsageError
from labctl.host.documents import Node, parse_yaml, read_yaml
from labctl.quantity import quantity

LIST, TUTORIAL = "list", "tutorial"
BUILT_IN: Final = {LIST: "list.yaml", TUTORIAL: "tutorial.yaml"}
VERSION: Final = 1
MOST: Final = 1e6                       # dollars for one unit, and units: more is a slip of the pen
_MOST_DAYS: Final = 36500.0
_PRICE: Final = {"price", "low", "high", "unit", "source", "date", "checked", "free", "note"}
_CHARGE: Final = _PRICE | {"name", "signals", "included_days", "per"}
_DISK: Final = "disk"


def read(name: str = LIST) -> PriceTable:
    """`list`, `tutorial`, or a file's path. Raises UsageError."""
    if name in BUILT_IN:
        text = resources.files(__package__).joinpath(BUILT_IN[name]).read_text(encoding="utf-8")
        documents = parse_yaml(text, BUILT_IN[name], UsageError)
    else:
        documents = read_yaml(Path(name), error=UsageError)
    if len(documents) != 1:
        raise UsageError(f"{name} has {len(documents)} YAML documents: a price file has one", hint=_hint())
    return _table(documents[0])


def _hint() -> str:
    return f"begin with a copy of {resources.files(__package__).joinpath(BUILT_IN[LIST])}"


def _table(node: Node) -> PriceTable:
    _only(node, {"version", "name", "date", "precision", "components", "differs", "providers", "backends"})
    if node.field("version").integer() != VERSION:
        raise node.field("version").wrong(f"version {VERSION}", _hint())
    providers = {name: _provider(name, one) for name, one in node.field("providers").fields().items()}
    backends = {name: _backend(name, one) for name, one in node.field("backends").fields().items()}
    if not providers or not backends:
        raise node.field("providers" if backends else "backends").wrong("at least one entry", _hint())
    return PriceTable(
        node.field("name").text(), node.field("date").text(), node.source, providers, backends,
        _number(node.field("precision"), 0.01, most=100.0), [one.text() for one in node.field("components").items()],
        {row: one.text() for row, one in node.field("differs").fields().items()},
    )


def _provider(name: str, node: Node) -> Provider:
    _only(node, {"title", "free", "pods", "nodes", "prices"})
    free, title = node.field("free").text(""), node.field("title").text()
    if free:
        return Provider(name, title, free=free)
    prices = {slot: _slot(slot, one) for slot, one in node.field("prices").fields().items()}
    nodes = node.field("nodes")
    needed = ["node"] if nodes.present else ["cpu", "memory"]
    for slot in needed:
        if slot not in prices:
            raise node.field("prices").field(slot).wrong("a price")
    if nodes.present:
        _only(nodes, {"machine", "cpu", "memory"})
        return Provider(name, title, prices, machine=Machine(nodes.field("machine").text(), _size(nodes, positive=True)))
    return Provider(name, title, prices, pods=_pods(node.field("pods")))


def _pods(node: Node) -> PodRules:
    _only(node, {"least", "overhead", "sizes"})
    sizes = [_size(one, positive=True) for one in node.field("sizes").items()]
    return PodRules(_size(node.field("least")), _size(node.field("overhead")), sizes)


def _size(node: Node, *, positive: bool = False) -> PodSize:
    found = {}
    for name, example in (("cpu", "250m"), ("memory", "512Mi")):
        one = node.field(name)
        value = quantity(one.value) if one.present else None if positive else 0.0
        if value is None or value < 0 or (positive and not value):
            raise one.wrong(f"an amount such as {example}")
        found[name] = value
    return PodSize(**found)


def _slot(slot: str, node: Node) -> Price:
    if slot not in SLOTS:
        raise node.wrong(f"one of {', '.join(SLOTS)} as the name of a price")
    _only(node, _PRICE)
    price = _price(node, SLOTS[slot])
    if price.unit is Unit.SHARE and price.amount.high > 1:
        raise node.wrong("a share from 0 to 1")
    return price


def _backend(name: str, node: Node) -> Backend:
    _only(node, {"title", "free", "where", "retention_days", "charges", "components", "export"})
    where = node.field("where")
    in_cluster = where.value == "cluster"
    providers = [] if in_cluster else [one.text() for one in where.items()]
    days = node.field("retention_days")
    kept = _number(days, most=_MOST_DAYS) if days.present else None
    charges = [_charge(one) for one in node.field("charges").items()]
    free = node.field("free").text("")
    if not charges and not free:
        raise node.field("charges").wrong("what it charges, or `free` with the reason")
    components = [one.text() for one in node.field("components").items()]
    export, signals = _export(node.field("export"))
    return Backend(name, node.field("title").text(), charges, in_cluster, providers, kept, free, components, export, signals)


def _export(node: Node) -> tuple[str, Sequence[str]]:
    if not node.present:
        return "", SIGNALS
    _only(node, {"name", "signals"})
    return node.field("name").text(), [_one_of(one, SIGNALS) for one in node.field("signals").items()] or SIGNALS


def _charge(node: Node) -> Charge:
    _only(node, _CHARGE)
    signals = [_one_of(one, SIGNALS) for one in node.field("signals").items()]
    name, per = node.field("name").text(), node.field("per")
    if per.present:
        _one_of(per, [_DISK])
        return Charge(name, signals, None)
    days = _number(node.field("included_days"), 0.0, most=_MOST_DAYS)
    price = _price(node, CHARGED)
    if not signals and price.unit not in {Unit.MONTH, Unit.HOST_MONTH}:
        raise node.field("signals").wrong("the signals whose telemetry it counts")
    return Charge(name, signals, price, days)


def _price(node: Node, units: Iterable[Unit]) -> Price:
    unit = Unit(_one_of(node.field("unit"), sorted(units)))
    return Price(
        node.path, _amount(node), unit, node.field("source").text(), node.field("date").text(),
        Checked(_one_of(node.field("checked"), list(Checked))), _number(node.field("free"), 0.0), node.field("note").text(""),
    )


def _amount(node: Node) -> Money:
    price, low, high = (node.field(name) for name in ("price", "low", "high"))
    if price.present:
        if low.present or high.present:
            raise node.wrong("either `price`, or `low` and `high`")
        amount = _number(price)
        return Money(amount, amount)
    least, most = _number(low), _number(high)
    if least > most:
        raise high.wrong(f"no less than the low price, {least:g}")
    return Money(least, most)


def _number(node: Node, default: float | None = None, *, most: float = MOST) -> float:
    value = node.number(default)
    if not 0 <= value <= most:
        raise node.wrong(f"a number from 0 to {most:g}")
    return value


def _one_of(node: Node, words: Sequence[str]) -> str:
    text = node.text()
    if text not in words:
        raise node.wrong(f"one of {', '.join(words)}")
    return text


def _only(node: Node, names: set[str]) -> None:
    """Raises for a field that has no meaning here: it would be ignored."""
    for name, one in node.fields().items():
        if name not in names:
            raise _unknown(one, names)


def _unknown(node: Node, names: set[str]) -> LabError:
    return UsageError(f"{node.source}: {node.path}: there is no such field", detail=f"known here: {', '.join(sorted(names))}")


