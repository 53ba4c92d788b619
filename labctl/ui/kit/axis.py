"""The time axis above a waterfall: ticks at round numbers, labels where they fit.

Where there is room for less than two round numbers, the axis is labelled at its ends.
"""

from math import floor

from rich.text import Text

from labctl import numbers
from labctl.ui.kit.palette import DIM

_LABEL = 9                          # cells that a label and the space beside it need


def lines(total_ms: float, indent: int, width: int) -> list[Text]:
    """Two lines, indented: labels, and a rule with a tick under each; none when the trace took no time."""
    if total_ms <= 0:
        return []
    labels, rule = [" "] * width, ["─"] * width
    for tick, text in _labelled(total_ms, max(width // _LABEL, 1)):
        at = min(int(tick / total_ms * width), width - 1)
        rule[at] = "┬"
        start = max(min(at, width - len(text)), 0)
        if not "".join(labels[max(start - 1, 0):start + len(text)]).strip():
            labels[start:start + len(text)] = text
    return [Text(" " * indent + "".join(cells), style=DIM) for cells in (labels, rule)]


def ticks(total: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten from 0 to `total`, at most `most` steps of them."""
    step = numbers.round_step(total / most)
    return [index * step for index in range(floor(total / step + 1e-9) + 1)]


def _labelled(total: float, most: int) -> list[tuple[float, str]]:
    positions = ticks(total, most)
    if len(positions) > 1:
        return [(tick, _label(tick)) for tick in positions]
    return [(0.0, "0"), (total, numbers.milliseconds(total))]


def _label(tick: float) -> str:
    number, unit = numbers.bound(tick)
    return f"{number} {unit}" if tick else "0"
