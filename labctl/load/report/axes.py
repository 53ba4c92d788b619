"""The axes of a report's charts: time in a unit that suits the run's length, latency in powers of ten."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any, Final

from labctl import numbers
from labctl.load.measure.summary import Summary, Timeline

_UNITS: Final = ((3 * 3600.0, 3600.0, "h"), (300.0, 60.0, "min"), (0.0, 1.0, "s"))   # from this many seconds on
_ALMOST: Final = 0.9
_SERIES: Final = ((1, 2, 5), (1, 3), (1,))      # ticks within a power of ten, as fine as there is room for
_TICKS: Final = 8
_LONGEST: Final = 40                    # characters of a name


@dataclass(frozen=True, slots=True)
class Time:
    unit: str
    unit_s: float                       # its seconds
    edges: Sequence[float]              # of the slices, in `unit`: one more than there are slices
    whole: int                          # complete slices: the rate of a last one that had hardly begun means nothing

    @classmethod
    def of(cls, summary: Summary, timeline: Timeline) -> "Time":
        slices, width = timeline.slices, timeline.slice_s
        end = slices[-1].start_s + width
        size, unit = next((size, unit) for least, size, unit in _UNITS if end >= least)
        begun = (summary.duration_s - slices[-1].start_s) / width
        whole = len(slices) - (len(slices) > 1 and begun < _ALMOST)
        return cls(unit, size, [round(edge / size, 6) for edge in (*(one.start_s for one in slices), end)], whole)

    @property
    def widths(self) -> list[float]:
        return [after - before for before, after in zip(self.edges, self.edges[1:], strict=False)]

    @property
    def middles(self) -> list[float]:
        return [(before + after) / 2 for before, after in zip(self.edges, self.edges[1:], strict=False)]

    def axis(self) -> dict[str, Any]:
        return {"range": [self.edges[0], self.edges[-1]], "ticksuffix": f" {self.unit}"}


def logarithmic(low_ms: float, high_ms: float) -> dict[str, Any]:
    """An axis of latency; plotly.js takes a logarithmic axis's range as exponents, but its ticks as values."""
    low = max(low_ms, 1e-3)
    powers = range(floor(log10(low)), ceil(log10(high_ms)) + 1)
    candidates = ([factor * 10.0**power for power in powers for factor in series] for series in _SERIES)
    for ticks in ([tick for tick in all_ if low <= tick <= high_ms] for all_ in candidates):
        if len(ticks) <= _TICKS:
            break
    labels = [" ".join(numbers.bound(tick)) for tick in ticks]
    return {"type": "log", "range": [log10(low), log10(high_ms)], "tickvals": ticks, "ticktext": labels}


def text(value: str) -> str:
    """Escape a text for plotly.js, which interprets some HTML tags in every text that it draws."""
    return escape(value if len(value) <= _LONGEST else f"{value[:_LONGEST - 1]}…", quote=False)
