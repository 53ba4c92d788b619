"""What would save money: the tutorial's five tips, and the what-ifs of its last chapter. Each is the difference of two bills."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from labctl.cost.bill.bill import UNKNOWN, Bill
from labctl.cost.bill.billing import bill
from labctl.cost.bill.telemetry_lines import retention_days
from labctl.cost.measured.volume import METRICS
from labctl.cost.money import Money
from labctl.cost.month import Month, interval_s, kept_share
from labctl.cost.prices.table import Backend
from labctl.cost.right_size import RightSize, right_sized

_SAMPLED: Final = 0.1
_SLOW_S: Final = 60.0                   # the SDK's own default of OTEL_METRIC_EXPORT_INTERVAL
_SHORT_DAYS: Final = 7.0
_AGGREGATE: Final = "labctl up --aggregate on"


@dataclass(frozen=True, slots=True)
class Saving:
    name: str
    what: str                           # what is done, in a few words
    how: str                            # the line that does it, or shows it
    saved: Money | None                 # a month; None: unknown, and `why` says why
    already: bool = False               # the lab does it: this is what it saves already
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "saved": self.saved.as_json() if self.saved else None}


def savings(now: Bill, sizes: Sequence[RightSize]) -> list[Saving]:
    return [*_tips(now, sizes), *_more(now)]


def _tips(now: Bill, sizes: Sequence[RightSize]) -> Iterator[Saving]:
    """The tutorial's, in its order."""
    yield _spot(now)
    yield _right_sizing(now, sizes)
    yield _batching(now)
    yield _sampling(now)
    yield _local_storage(now)


def _spot(now: Bill) -> Saving:
    name, what, how = "spot instances", "nodes that can be taken away at any time", "labctl cost --spot"
    other = bill(replace(now.asked, what_if=replace(now.asked.what_if, spot=not now.asked.what_if.spot)))
    if now.asked.what_if.spot:
        return _saving(name, what, "", other, now, already=True, where=now.asked.provider.title)
    return _saving(name, what, how, now, other, where=now.asked.provider.title)


def _right_sizing(now: Bill, sizes: Sequence[RightSize]) -> Saving:
    sizing = ("right-sizing", "requests fitted to the usage", "labctl cost --right-size")
    if not sizes:
        return Saving(*sizing, None, why="needs a run of 20 s or more: labctl load -d 30s --rps 50")
    small = bill(replace(now.asked, pods=right_sized(now.asked.pods, sizes)))
    return _saving(*sizing, now, small, where=now.asked.provider.title)


def _batching(now: Bill) -> Saving:
    name, what, how = "batching", "compared with an export per request", ""
    if now.month is None:
        return Saving(name, what, how, None, True, UNKNOWN)
    each = bill(replace(now.asked, what_if=replace(now.asked.what_if, unbatched=True)))
    return _saving(name, what, how, each, now, already=True)


def _sampling(now: Bill) -> Saving:
    kept = kept_share(now.asked.what_if, now.asked.volume)
    if kept > _SAMPLED or now.month is None:
        return _differing(now, "sampling", "one trace in ten is kept", "labctl cost --sampling 10%", sampling=_SAMPLED)
    every = bill(replace(now.asked, what_if=replace(now.asked.what_if, sampling=1.0)))
    return _saving("sampling", f"{kept * 100:.3g} % of the traces are kept", "", every, now, already=True)


def _local_storage(now: Bill) -> Saving:
    """The viewer's store, which lives on the node, against what the present backend charges; there, against a disk."""
    name, disk, viewer = "local storage", *(now.asked.table.backends.get(one) for one in ("own-disk", "viewer"))
    on_disk = ("the node's disk instead of a rented one", "labctl cost --backend own-disk")
    if now.month is None or disk is None or viewer is None:
        return Saving(name, *on_disk, None, True, UNKNOWN if now.month is None else "the price file has no disk")
    if list(now.asked.backends) == [viewer]:
        return _saving(name, *on_disk, bill(replace(now.asked, backends=[disk])), now, already=True)
    local = bill(replace(now.asked, backends=[viewer]))
    others = [one for one in now.asked.backends if one is not viewer]
    what = f"the viewer instead of {others[0].title}" if len(others) == 1 else "the viewer alone"
    return _saving(name, what, "labctl cost --backend viewer", now, local)


def _more(now: Bill) -> Iterator[Saving]:
    asked = now.asked
    measured = interval_s(asked.volume) if asked.volume else None
    if measured and measured < _SLOW_S and asked.what_if.metric_interval_s is None:
        what = f"metrics every 60 s instead of {measured:.2g} s"
        yield _differing(now, "aggregation", what, "labctl cost --metric-interval 60s", metric_interval_s=_SLOW_S)
    if asked.volume and asked.volume.aggregated:
        yield _pre_aggregation(now)
    days = max(retention_days(asked, backend) for backend in asked.backends)
    if days > _SHORT_DAYS:
        yield _differing(
            now, "retention", f"{_SHORT_DAYS:g} days instead of {days:g}", "labctl cost --retention 7d",
            retention_days=_SHORT_DAYS,
        )


def _pre_aggregation(now: Bill) -> Saving:
    """Of what backends are sent of the metrics: in series, samples and bytes, besides money."""
    asked, already = now.asked, now.asked.what_if.aggregated
    how = "" if already else _AGGREGATE
    other = bill(replace(asked, what_if=replace(asked.what_if, aggregated=not already)))
    before, after = (other, now) if already else (now, other)
    if before.month is None or after.month is None:
        return Saving("pre-aggregation", "metrics aggregated in the collector", how, None, already, UNKNOWN)
    return _saving("pre-aggregation", _less(before.month, after.month), how, before, after, already=already)


def _less(before: Month, after: Month) -> str:
    shares = ((after.samples, before.samples, "samples"), (after.bytes[METRICS], before.bytes[METRICS], "bytes of metrics"))
    fewer = [f"{1 - now / then:.0%} fewer {words}" for now, then, words in shares if then]
    return ", ".join([f"{after.series:.0f} series instead of {before.series:.0f}", *fewer])


def _differing(now: Bill, name: str, what: str, how: str, **changes: Any) -> Saving:
    if now.month is None:
        return Saving(name, what, how, None, why=UNKNOWN)
    return _saving(name, what, how, now, bill(replace(now.asked, what_if=replace(now.asked.what_if, **changes))))


def _saving(
    name: str, what: str, how: str, before: Bill, after: Bill, *, already: bool = False, where: str = "",
) -> Saving:
    """`where` is whose prices decide; "": the backends'."""
    saved = before.total - after.total
    why = f"costs more: {what}" if saved.high < 0 else ""
    if not saved.low and not saved.high:
        why = f"saves nothing with {where}" if where else _no_charge(before.asked.backends)
    return Saving(name, what, how, saved, already, why)


def _no_charge(backends: Sequence[Backend]) -> str:
    charging = [backend for backend in backends if not backend.free]
    if not charging:
        return "telemetry is not charged for"
    return f"saves nothing with {charging[0].title if len(charging) == 1 else 'these backends'}"
