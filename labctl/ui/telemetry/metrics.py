"""Metric series as a table: one row for each set of attributes, the attributes on a line under the name.

Percentiles of a histogram are estimates from its buckets, hence the `~`; minimum, mean and maximum are exact.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from labctl import numbers
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.viewer_client.quantile import quantile

_NARROW: Final = 76
_FIGURES: Final = ("mean", "~p50", "~p95", "max")
_FEW_FIGURES: Final = ("~p50", "~p95")
_SHORT: Final = {"http.request.method": "method", "http.route": "route", "http.response.status_code": "status"}


def render(series: Iterable[Mapping[str, Any]], expected: Sequence[str] = ()) -> RenderableType:
    """Those of the `expected` names that have no series yet are named too. A series is

    `{"name","unit","type","attributes","value","count","sum","min","max","bounds","counts","exemplars"}`.
    """
    return _View(tuple(series), expected)


@dataclass(frozen=True, slots=True)
class _View:
    series: Sequence[Mapping[str, Any]]
    expected: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not self.series:
            yield Text("No metric has arrived yet.", style=DIM)
            return
        shown = _FIGURES if options.max_width >= _NARROW else _FEW_FIGURES
        table = new_table("metric", "value", *shown)
        table.columns[0].overflow = "fold"
        for column in table.columns[1:]:
            column.justify, column.no_wrap = "right", True
        for entry in self.series:
            figures = _figures(entry)
            table.add_row(_label(entry), _value(entry), *(figures.get(name, "") for name in shown))
        for name in self.expected:
            if name not in {entry["name"] for entry in self.series}:
                table.add_row(name, Text("none yet", style=DIM), *("" for _ in shown))
        yield table
        yield from _exemplars(self.series)


def _label(series: Mapping[str, Any]) -> Text:
    label = Text(visible(series["name"]))
    for name, value in (series.get("attributes") or {}).items():
        label.append(f"\n  {_SHORT.get(name, visible(name))}={visible(value)}", DIM)
    return label


def _value(series: Mapping[str, Any]) -> str:
    if series.get("type") == "histogram":
        return numbers.count(series.get("count") or 0)
    return _number(series.get("value"), series)


def _figures(series: Mapping[str, Any]) -> dict[str, str]:
    count, bounds, counts = series.get("count"), series.get("bounds") or (), series.get("counts") or ()
    if series.get("type") != "histogram":
        return {}
    values = {
        "mean": float(series.get("sum") or 0.0) / count if count else None,
        "~p50": _estimate(0.5, bounds, counts, series), "~p95": _estimate(0.95, bounds, counts, series),
        "max": series.get("max"),
    }
    return {name: _number(value, series) for name, value in values.items()}


def _estimate(q: float, bounds: Sequence[float], counts: Sequence[int], series: Mapping[str, Any]) -> float | None:
    """The quantile, but never outside of the extremes, which are known exactly."""
    value, low, high = quantile(q, bounds, counts), series.get("min"), series.get("max")
    if value is None or low is None or high is None:
        return value
    return min(max(value, float(low)), float(high))


def _exemplars(series: Iterable[Mapping[str, Any]]) -> Iterator[Text]:
    """For each histogram the command that shows its highest exemplar, as a line that can be pasted."""
    gap = True
    for entry in series:
        worst = max(entry.get("exemplars") or (), key=lambda exemplar: float(exemplar["value"]), default=None)
        if worst:
            yield from [Text(), Text("An example request of each:", style=DIM)] * gap
            gap = False
            remark = f"  # {_number(worst['value'], entry)} of {visible(entry['name'])}"
            yield Text.assemble(f"labctl trace {visible(worst['trace_id'])}", (remark, DIM))


def _number(value: float | str | None, series: Mapping[str, Any]) -> str:
    """`value` can be a word that OTLP's JSON has for a number that JSON lacks: NaN, Infinity, -Infinity."""
    unit = str(series.get("unit") or "")
    if value is None:
        return numbers.MISSING
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}\N{INFINITY}"
    if unit == "ms":
        return numbers.milliseconds(value)
    # a unit in braces is a remark and not a unit (UCUM), and the name of the metric says it already
    suffix = "" if unit.startswith("{") or unit in {"", "1"} else f" {visible(unit)}"
    return (numbers.count(value) if value == round(value) else f"{value:.3g}") + suffix
