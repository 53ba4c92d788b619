"""What would save money: the tutorial's five tips, and the what-ifs of its last chapter. Each is the difference of two bills."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from labctl.cost.bill.bill import Bill
from labctl.cost.bill.billing import bill
from labctl.cost.money import Money
from labctl.cost.month import interval_s
from labctl.cost.right_size import RightSize, right_sized

_SAMPLED: Final = 0.1
_SLOW_S: Final = 60.0                   # the SDK's own default of OTEL_METRIC_EXPORT_INTERVAL
_SHORT_DAYS: Final = 7.0


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
    asked = now.asked
    yield _differing(now, "spot instances", "nodes that can be taken away at any time", "labctl cost --spot", spot=True)
    sizing = ("right-sizing", "request what was used", "labctl cost --right-size")
    if sizes:
        small = replace(asked, pods=right_sized(asked.pods, sizes))
        yield Saving(*sizing, now.total - bill(small).total)
    else:
        yield Saving(*sizing, None, why="needs a run: labctl load -d 30s")
    yield _batching(now)
    share = f"{_SAMPLED:.0%}".replace("%", " %")
    yield _differing(now, f"sampling {share}", "one trace in ten is kept", "labctl cost --sampling 10%", sampling=_SAMPLED)
    yield _local_storage(now)


def _batching(now: Bill) -> Saving:
    name, what, how = "batching", "against an export for each request", "manifests/collector-config.yaml: batch"
    if now.month is None:
        return Saving(name, what, how, None, True, "unknown: labctl load")
    each = bill(replace(now.asked, what_if=replace(now.asked.what_if, unbatched=True)))
    return Saving(name, what, how, each.total - now.total, True, "the lab batches already")


def _local_storage(now: Bill) -> Saving:
    """What the same telemetry would cost on a disk of the provider."""
    name, what, how = "local storage", "against a disk of the provider", "labctl cost --backend own-disk"
    disk = now.asked.table.backends.get("own-disk")
    if disk is None or now.month is None:
        return Saving(name, what, how, None, True, "no price for a disk" if disk is None else "unknown: labctl load")
    wanted = replace(now.asked, backend=disk)
    return Saving(name, what, how, bill(wanted).total - now.total, now.asked.backend.in_cluster)


def _more(now: Bill) -> Iterator[Saving]:
    asked = now.asked
    measured = interval_s(asked.volume) if asked.volume else None
    if measured and measured < _SLOW_S and asked.what_if.metric_interval_s is None:
        yield _differing(
            now, "metrics every 60 s", f"instead of every {measured:.2g} s", "labctl cost --metric-interval 60s",
            metric_interval_s=_SLOW_S,
        )
    yield _differing(
        now, f"retention of {_SHORT_DAYS:g} days", "where longer is paid for", "labctl cost --retention 7d",
        retention_days=_SHORT_DAYS,
    )


def _differing(now: Bill, name: str, what: str, how: str, **changes: Any) -> Saving:
    if now.month is None and "spot" not in changes:
        return Saving(name, what, how, None, why="unknown: labctl load")
    then = bill(replace(now.asked, what_if=replace(now.asked.what_if, **changes)))
    return Saving(name, what, how, now.total - then.total)
