"""Metric series as a table: one row for each set of attributes, the attributes on a line under the name.

Percentiles of a histogram are estimates from its buckets, hence the `~`; minimum, mean and maximum are exact.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
from labctl.telemetry.quantile import quantile
from labctl.ui.palette import DIM
from labctl.ui.tables import heads
from labctl.ui.visible import visible

_SHORT = {"http.request.method": "method", "http.route": "route", "http.response.status_code": "status"}


def render(series: Iterable[Mapping[str, Any]]) -> RenderableType:
    """`{"name","unit","type","attributes","value","count","sum","min","max","bounds","counts","exemplars"}` each."""
    table = heads("metric", "value", "mean", "~p50", "~p95", "max")
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for one in series:
        figures = _histogram(one) if one.get("type") == "histogram" else [_number(one.get("value"), one), "", "", "", ""]
        table.add_row(_label(one), *figures)
    return table if table.row_count else Group(Text("No metric has arrived yet.", style=DIM))


def _label(series: Mapping[str, Any]) -> Text:
    label = Text(visible(series["name"]))
    for name, value in (series.get("attributes") or {}).items():
        label.append(f"\n  {_SHORT.get(name, visible(name))}={visible(value)}", DIM)
    return label


def _histogram(series: Mapping[str, Any]) -> list[str]:
    count, total = series.get("count") or 0, series.get("sum") or 0.0
    bounds, counts = series.get("bounds") or (), series.get("counts") or ()
    values = (total / count if count else None, quantile(0.5, bounds, counts), quantile(0.95, bounds, counts),
              series.get("max"))
    return [f"{numbers.count(count)} ×", *(_number(value, series) for value in values)]


def _number(value: float | None, series: Mapping[str, Any]) -> str:
    if value is None:
        return "–"
    if series.get("unit") == "ms":
        return numbers.milliseconds(value)
    return numbers.count(value) if value == int(value) else f"{value:.3g}"


if __name__ == "__main__":
    from rich.console import Console

    from labctl.ui.samples import SERIES

    Console().print(render(SERIES))
