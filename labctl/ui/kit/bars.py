"""Horizontal bars from block characters, exact to an eighth of a cell.

A value greater than zero is always visible: it gets at least an eighth of a cell.
"""

from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_FROM_RIGHT: Final = "█▐▕"
_HALF: Final = 0.5
_THIRD: Final = 1 / 3


def bar(share: float, width: int) -> str:
    """A bar over `share` (0 to 1) of `width` cells, without padding."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def interval(begin: float, end: float, width: int) -> str:
    """A bar from `begin` to `end` (0 to 1, on a common axis), padded to `width` cells.

    There are blocks that fill a cell from its left edge in eighths; from the right edge there are only two, so the
    beginning of a bar is exact to about a third of a cell and its end to an eighth.
    """
    low, high = (min(max(edge, 0.0), 1.0) * width for edge in (begin, max(begin, end)))
    first = min(int(low), width - 1)
    if high <= first + 1:
        body = _within_one_cell(low - first, high - first)
    else:
        body = _beginning(low - first) + bar((high - first - 1) / width, width)
    return (" " * first + body).ljust(width)


def _within_one_cell(low: float, high: float) -> str:
    if low >= _HALF:
        return _FROM_RIGHT[1] if high - low >= _THIRD else _FROM_RIGHT[2]
    return _EIGHTHS[max(round(high * 8), 1)]


def _beginning(offset: float) -> str:
    return _FROM_RIGHT[int(offset * 2 + _HALF)]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as a renderable: as wide as its table column lets it be."""

    share: float
    style: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(bar(self.share, options.max_width), Style.parse(self.style))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(4, options.max_width)
