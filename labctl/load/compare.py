"""What changed between two runs, and whether it is more than noise.

Subtle: requests are no independent samples, since those of one moment wait for the same thing; a test over them finds a
difference between any two runs. So a run is cut into the slices of its timeline, each slice gives one p50, one p99 and one
rate, and those are compared. A difference that is certain but smaller than the tolerance is none either: no two runs on a
machine are quite alike. The tail is where a machine shows that it is not alone, and the generator knows by how much: a request
wakes it, the server, and it again, so a p99 has to change by more than three times the p99 of its own lateness.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any, Final

from labctl import numbers
from labctl.load.confidence import at_least
from labctl.load.ranks import LEAST, shift
from labctl.load.summary import Slice, Summary

_CONFIDENCE: Final = 0.99               # for each of four figures, so that one of 25 equal pairs differs by chance
_SAME, _UNKNOWN = "no difference", "too short to tell"
_NOTICED_MS: Final = 1.0
TOO_SHORT: Final = f"{_UNKNOWN}: each run needs {LEAST} slices of its timeline with answers in them"


@dataclass(frozen=True, slots=True)
class Change:
    figure: str                         # p50 | p99 | rate | errors
    before: float | None                # milliseconds, per second, or a percentage
    after: float | None
    change: float | None                # as a share of before; of errors in percentage points
    low: float | None                   # its bounds, with 99 % confidence
    high: float | None
    verdict: str                        # slower, faster, lower, higher, more, fewer · no difference · too short to tell
    worse: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


    @classmethod
    def unknown(cls, figure: str, before: float | None, after: float | None) -> "Change":
        return cls(figure, before, after, None, None, None, _UNKNOWN, worse=False)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A figure of both runs: as a whole, and by slice."""

    figure: str
    before: float | None
    after: float | None
    slices: tuple[Sequence[float], Sequence[float]]

    @property
    def difference(self) -> float:
        return abs((self.after or 0.0) - (self.before or 0.0))


@dataclass(frozen=True, slots=True)
class Comparison:
    changes: Sequence[Change]
    notes: Sequence[str]                # how the runs differ in what they were asked to do

    @property
    def worse(self) -> Sequence[Change]:
        return [change for change in self.changes if change.worse]

    def as_json(self) -> dict[str, Any]:
        changes = {change.figure: change.as_json() for change in self.changes}
        return {"verdict": self.verdict(), "worse": bool(self.worse), "changes": changes, "notes": list(self.notes)}

    def verdict(self) -> str:
        """`no difference`, `p50 slower, errors more`, or that the runs are too short."""
        found = [f"{one.figure} {one.verdict}" for one in self.changes if one.verdict not in {_SAME, _UNKNOWN}]
        if not found and all(one.verdict == _UNKNOWN for one in self.changes[:-1]):
            return TOO_SHORT
        return ", ".join(found) or _SAME


def compare(before: Summary, after: Summary, tolerance: float) -> Comparison:
    """`tolerance` is a share: 0.05 lets 5 % pass."""
    p50, p99, rate = _times("p50", before, after), _times("p99", before, after), _rates(before, after)
    changes = [
        _ratio(p50, tolerance, 0.0, ("slower", "faster")), _ratio(p99, tolerance, noise(before, after), ("slower", "faster")),
        _ratio(rate, tolerance, 0.0, ("higher", "lower")), _errors(before, after),
    ]
    return Comparison(changes, list(_notes(before, after)))


def noise(before: Summary, after: Summary) -> float:
    """What a p99 can differ by for the machine's sake, in milliseconds."""
    return 3 * max(run.generator.late_p99_ms if run.generator else 0.0 for run in (before, after))


def _times(figure: str, before: Summary, after: Summary) -> _Pair:
    early, late = (getattr(run.latency, figure) if run.latency.count else None for run in (before, after))
    slices = ([float(getattr(one, f"{figure}_ms")) for one in _slices(run) if one.successful] for run in (before, after))
    return _Pair(figure, early, late, (next(slices), next(slices)))


def _rates(before: Summary, after: Summary) -> _Pair:
    """Of the slices in which something was due, but for the last, which is rarely a whole one."""
    slices = ([one.answered / _width(run) for one in _slices(run)[:-1]] for run in (before, after))
    return _Pair("rate", before.rate, after.rate, (next(slices), next(slices)))


def _ratio(pair: _Pair, tolerance: float, least: float, words: tuple[str, str]) -> Change:
    """Ratios are differences of logarithms; `least` is what the whole has to differ by."""
    before, after = ([log(value) for value in values if value > 0] for values in pair.slices)
    found = shift(before, after, _CONFIDENCE)
    if found is None:
        return Change.unknown(pair.figure, pair.before, pair.after)
    change, low, high = (exp(value) - 1 for value in (found.estimate, found.low, found.high))
    noticed = found.sure and abs(found.estimate) > log(1 + tolerance) and pair.difference > least
    verdict = (words[0] if change > 0 else words[1]) if noticed else _SAME
    return Change(pair.figure, pair.before, pair.after, change, low, high, verdict, worse=verdict in {"slower", "lower"})


def _errors(before: Summary, after: Summary) -> Change:
    """By J. Przyborowski's and H. Wilenski's test (1940): how the errors of both would fall on each, were it by chance."""
    finished = [run.successful + run.failed for run in (before, after)]
    if not all(finished):
        return Change.unknown("errors", None, None)
    early, late = (100 * run.failed / of for run, of in zip((before, after), finished, strict=True))
    errors, part = before.failed + after.failed, finished[1] / sum(finished)
    chance = (1 - _CONFIDENCE) / 2
    more = at_least(after.failed, errors, part) < chance
    fewer = at_least(before.failed, errors, 1 - part) < chance
    verdict = "more" if more else "fewer" if fewer else _SAME
    return Change("errors", early, late, late - early, None, None, verdict, worse=more)


def _slices(run: Summary) -> Sequence[Slice]:
    return [one for one in run.timeline.slices if one.successful + one.failed] if run.timeline else []


def _width(run: Summary) -> float:
    return run.timeline.slice_s if run.timeline else 1.0


def _notes(before: Summary, after: Summary) -> Iterator[str]:
    pairs = (
        ("planned rate", *(numbers.rate(run.target_rate) if run.target_rate else "none" for run in (before, after))),
        ("workers", str(before.concurrency), str(after.concurrency)), ("address", before.url, after.url),
        ("slices", *(numbers.seconds(_width(run)) if run.timeline else "none" for run in (before, after))),
    )
    for name, early, late in pairs:
        if early != late:
            yield f"the runs differ in their {name}: {early} and {late}"
    if noise(before, after) > _NOTICED_MS:
        least = numbers.milliseconds(noise(before, after))
        yield f"the machine was busy: a p99 that differs by less than {least} is taken for noise"
    if before.interrupted or after.interrupted:
        yield "not both ran to their end"
