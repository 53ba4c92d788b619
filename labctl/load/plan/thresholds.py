"""The thresholds of a run, in the syntax of `--slo 'p99<200ms,errors<1%,rate>45'`.

    figure   min mean p50 p90 p95 p99 p99.9 max      latency, with a unit: us, ms, s
             errors dropped                          with %: the share of those answered or failed, or of those planned
             lost                                    spans, with %: of those that were certainly made
             rate                                    answers per second, or with % of the planned rate
    sign     < <= > >=

`labctl.load.judge.verdicts` judges whether a run met them.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labctl import numbers
from labctl.errors import UsageError
from labctl.telemetry.statistics.confidence import FIGURES

EXAMPLE: Final = "p99<200ms,errors<1%,rate>45"
_SHARES: Final = ("errors", "dropped", "lost")
_UNITS: Final = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}
_THRESHOLD: Final = re.compile(r"([a-z][a-z0-9.]*)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(us|ms|s|%|/s)?")


@dataclass(frozen=True, slots=True)
class Threshold:
    figure: str
    sign: str
    limit: float                        # milliseconds, a percentage, a count, or per second
    unit: str                           # ms | % | "" (a count) | /s

    def met(self, value: float) -> bool:
        return _SIGNS[self.sign](value, self.limit)

    def text(self) -> str:
        limit = " ".join(numbers.bound(self.limit)) if self.unit == "ms" else shown(self.limit, self.unit)
        return f"{self.figure} {self.sign} {limit}"


def parse(text: str) -> Sequence[Threshold]:
    """The thresholds, at least one. Raises UsageError that names the invalid one and what is allowed."""
    return [_threshold(part.strip()) for part in text.split(",") if part.strip()] or [_threshold(text)]


def shown(value: float, unit: str) -> str:
    """A figure in the unit of its threshold, for people."""
    if unit == "ms":
        return numbers.milliseconds(value)
    if unit == "%":
        return f"{value:.3g} %"
    return numbers.rate(value) if unit == "/s" else f"{value:g}"


def _threshold(part: str) -> Threshold:
    match = _THRESHOLD.fullmatch(part)
    hint = f"such as --slo '{EXAMPLE}'"
    if not match:
        raise UsageError(f"{part!r} is not a threshold: expected a figure, a sign, and a number with its unit", advice=hint)
    figure, sign, number, unit = match[1], match[2], float(match[3]), match[4] or ""
    if figure in FIGURES:
        if unit not in _UNITS:
            raise UsageError(f"{part!r}: {figure} is a time and needs a unit: us, ms or s", advice=hint)
        return Threshold(figure, sign, number * _UNITS[unit], "ms")
    allowed = {"errors": ("", "%"), "dropped": ("", "%"), "lost": ("", "%"), "rate": ("", "/s", "%")}.get(figure)
    if allowed is None:
        known = ", ".join((*FIGURES, *_SHARES, "rate"))
        raise UsageError(f"{part!r}: unknown figure {figure}", detail=f"there are {known}", advice=hint)
    if unit not in allowed:
        raise UsageError(f"{part!r}: {figure} goes with {' or '.join(one or 'no unit' for one in allowed)}", advice=hint)
    return Threshold(figure, sign, number, "/s" if figure == "rate" and not unit else unit)
