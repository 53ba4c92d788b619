"""What is asked of a run, in the words of `--slo 'p99<200ms,errors<1%,rate>45'`, and whether it was met.

    figure   min mean p50 p90 p95 p99 p99.9 max      latency, with a unit: us, ms, s
             errors dropped                          with %: the share of those answered or failed, or of those planned
             rate                                    answers per second, or with % of the planned rate
    sign     < <= > >=

Subtle: a percentile of too few samples is no figure. It still meets a bound that no request at all exceeded, and misses one
that even the estimate exceeds; between the two nothing can be said, and what cannot be shown was not met.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl import numbers
from labctl.errors import UsageError
from labctl.load.confidence import SHARES, needed, too_few
from labctl.load.summary import FIGURES, Distribution, Summary

EXAMPLE: Final = "p99<200ms,errors<1%,rate>45"
FAILED_SHARE: Final = 0.01              # of the requests that may fail where nothing is asked of errors
_SHARES: Final = ("errors", "dropped")
_UNITS: Final = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}
_TERM: Final = re.compile(r"([a-z][a-z0-9.]*)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(us|ms|s|%|/s)?")


@dataclass(frozen=True, slots=True)
class Term:
    """One bound."""

    figure: str
    sign: str
    limit: float                        # milliseconds, a percentage, a count, or per second
    unit: str                           # ms | % | "" (a count) | /s

    def met(self, value: float) -> bool:
        return _SIGNS[self.sign](value, self.limit)

    def text(self) -> str:
        limit = " ".join(numbers.bound(self.limit)) if self.unit == "ms" else _shown(self.limit, self.unit)
        return f"{self.figure} {self.sign} {limit}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A bound and what came of it."""

    term: str
    found: str                          # for people; "too few samples: 100 of 368" where there is no figure
    value: float | None                 # in the unit of the bound
    met: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def parse(text: str) -> Sequence[Term]:
    """The bounds, at least one. Raises UsageError that names the wrong one and what is allowed."""
    return [_term(part.strip()) for part in text.split(",") if part.strip()] or [_term(text)]


def judge(terms: Sequence[Term], summary: Summary) -> Sequence[Judged]:
    """Each bound, in order."""
    return [_judge(term, summary) for term in terms]


def _term(part: str) -> Term:
    match = _TERM.fullmatch(part)
    hint = f"--slo '{EXAMPLE}'"
    if not match:
        raise UsageError(f"{part!r} is no bound: a figure, a sign, and a number with its unit are wanted", hint=hint)
    figure, sign, number, unit = match[1], match[2], float(match[3]), match[4] or ""
    if figure in FIGURES:
        if unit not in _UNITS:
            raise UsageError(f"{part!r}: {figure} is a time and wants a unit: us, ms or s", hint=hint)
        return Term(figure, sign, number * _UNITS[unit], "ms")
    allowed = {"errors": ("", "%"), "dropped": ("", "%"), "rate": ("", "/s", "%")}.get(figure)
    if allowed is None:
        known = ", ".join((*FIGURES, *_SHARES, "rate"))
        raise UsageError(f"{part!r}: there is no figure {figure}", detail=f"there are {known}", hint=hint)
    if unit not in allowed:
        raise UsageError(f"{part!r}: {figure} goes with {' or '.join(one or 'no unit' for one in allowed)}", hint=hint)
    return Term(figure, sign, number, "/s" if figure == "rate" and not unit else unit)


def _judge(term: Term, summary: Summary) -> Judged:
    value = _value(term, summary)
    if value is None:
        return Judged(term.text(), "nothing to measure", None, met=False)
    met = term.met(value)
    share = SHARES.get(term.figure)
    if share is not None and too_few(summary.latency.count, share):
        return _of_few(term, summary.latency, share, met=met)
    return Judged(term.text(), _shown(value, term.unit), value, met)


def _of_few(term: Term, latency: Distribution, share: float, *, met: bool) -> Judged:
    """Met when the slowest, or for a lower bound the fastest, is within it too."""
    extreme = latency.max if term.sign.startswith("<") else latency.min
    certain = met and term.met(extreme)
    which = "slowest" if term.sign.startswith("<") else "fastest"
    few = f"too few samples, {numbers.count(latency.count)} of {numbers.count(needed(share))}"
    return Judged(term.text(), f"{few}; {which} {_shown(extreme, 'ms')}", None, certain)


def _value(term: Term, summary: Summary) -> float | None:
    """The figure in the unit of the bound."""
    if term.figure in FIGURES:
        return _time(summary.latency, term.figure)
    part, of = {
        "errors": summary.measured, "dropped": (summary.dropped, summary.planned),
        "rate": (summary.rate, summary.target_rate),
    }[term.figure]
    if term.unit != "%":
        return part
    return 100 * part / of if of else None


def _time(latency: Distribution, figure: str) -> float | None:
    return float(getattr(latency, figure.replace(".", "_"))) if latency.count else None


def _shown(value: float, unit: str) -> str:
    if unit == "ms":
        return numbers.milliseconds(value)
    if unit == "%":
        return f"{value:.3g} %"
    return numbers.rate(value) if unit == "/s" else f"{value:g}"
