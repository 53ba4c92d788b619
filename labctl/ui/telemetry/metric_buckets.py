"""Every bucket of a histogram, from the first to the last that is not empty, with an exemplar's trace id beside it."""

import math
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from labctl import numbers
from labctl.ui.kit.bars import Bar
from labctl.ui.kit.palette import BAR
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.ui.telemetry.metric_words import Series, label

_NARROW = 76                            # below it there are no bars


def render(series: Series, width: int) -> Iterator[RenderableType]:
    """Nothing of what is no histogram."""
    bounds, counts = series.get("bounds") or (), series.get("counts") or ()
    filled = [place for place, count in enumerate(counts) if count]
    if series.get("type") != "histogram" or not filled or not bounds:
        return
    yield Text.assemble("\n", label(series))
    table = new_table("bucket", "count", *([""] if width >= _NARROW else []), "exemplar's trace id")
    for column in (table.columns[0], table.columns[1]):
        column.justify, column.no_wrap = "right", True
    table.columns[-1].no_wrap = True
    most = max(counts)
    for place in range(filled[0], filled[-1] + 1):
        bar = [Bar(counts[place] / most, BAR)] if width >= _NARROW else []
        table.add_row(_interval(bounds, place, series), numbers.count(counts[place]), *bar, _example(series, bounds, place))
    yield table


def _interval(bounds: Sequence[float], place: int, series: Series) -> str:
    low = bounds[place - 1] if place else 0.0
    high = bounds[place] if place < len(bounds) else math.inf
    if series.get("unit") == "ms":
        return numbers.interval(low, high)
    return f"\N{GREATER-THAN OR EQUAL TO} {low:g}" if high == math.inf else f"{low:g}\N{EN DASH}{high:g}"


def _example(series: Series, bounds: Sequence[float], place: int) -> Text:
    low = bounds[place - 1] if place else -math.inf
    high = bounds[place] if place < len(bounds) else math.inf
    found = next((one for one in series.get("exemplars") or () if low < float(one["value"]) <= high), None)
    return Text(visible(found["trace_id"])) if found else Text()
