"""Metric series as a table: one row for each set of attributes, the attributes on a line under the name.

Percentiles of a histogram are estimates from its buckets, hence the `~`; minimum, mean and maximum are exact.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.text import Text

from labctl import numbers
from labctl.lab.metrics import MetricSet
from labctl.telemetry.statistics.quantile import quantile
from labctl.ui.kit.palette import BAR, DIM, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.sparkline import sparkline
from labctl.ui.kit.table import new_table
from labctl.ui.telemetry import metric_buckets, sending
from labctl.ui.telemetry.metric_words import Series, label, number

_WIDE, _NARROW = 104, 76
_LONG = 24                              # a name that leaves no room for the maximum
_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class MetricView:
    """How the series are shown: `recent_s` is the time of the sparklines; `only_recent`: all figures are of that time alone."""

    recent_s: float = 300.0
    only_recent: bool = False
    rate_s: float = 60.0                # rates are of that time, or of `recent_s` where that is shorter
    buckets: bool = False               # every bucket of a histogram, with an exemplar of each


def watch(console: Console, look: Callable[[], MetricSet], view: MetricView) -> None:
    """Draw one look after another, until interrupted; the last one stays."""
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(render(look(), view), refresh=True)
            time.sleep(_EVERY_S)


def render(found: MetricSet, view: MetricView | None = None) -> RenderableType:
    """Those of the expected names that have no series yet are named too."""
    return _View(found, view or MetricView())


@dataclass(frozen=True, slots=True)
class _View:
    found: MetricSet
    view: MetricView

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = time.time()
        begun = now - self.view.recent_s
        series = [_of_window(one, begun) for one in self.found.series] if self.view.only_recent else self.found.series
        if not series:
            yield Text("No metric has arrived yet.", style=DIM)
        services = [(service, list(group)) for service, group in groupby(series, key=lambda one: str(one.get("service", "")))]
        for place, (service, group) in enumerate(services):
            if len(services) > 1:
                yield Text(f"{chr(10) if place else ''}{visible(service)}", style="bold")
            yield _table(group, self.found.expected, options.max_width, self.view)
            if not self.view.only_recent:
                yield from _counted_since(group, now)
            yield from sending.render(group)
        if series:
            yield _caption(self.view, options.max_width)
        if self.view.buckets:
            for entry in series:
                yield from metric_buckets.render(entry, options.max_width)
        else:
            yield from _exemplars(series)
        if self.found.failed:
            yield Text(visible(self.found.failed), style=WARN)


def _table(series: Sequence[Series], expected: Sequence[str], width: int, view: MetricView) -> RenderableType:
    figures = _columns(series, width, view)
    cells = 20 if width >= _WIDE else 8 if width >= _NARROW else 0
    table = new_table("metric", "value", "per s", *(["recent"] if cells else []), *figures)
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "left" if column.header == "recent" else "right", True
    above = ""
    for entry in series:
        slots = (entry.get("window") or {}).get("slots") or ()
        line = [Text(sparkline(slots if len(slots) > 1 else (), cells), style=BAR)] if cells else []
        known = _figures(entry)
        named = label(entry, named=entry["name"] != above)
        above = entry["name"]
        table.add_row(named, _value(entry), _rate(entry, view.rate_s), *line, *(known.get(name, "") for name in figures))
    for name in expected:
        if name not in {entry["name"] for entry in series}:
            table.add_row(name, Text("none yet", style=DIM), *("" for _ in table.columns[2:]))
    return table


def _counted_since(series: Sequence[Series], now: float) -> Iterator[Text]:
    """Of what adds up: since when, and over how many instances of the service, of which earlier ones may have ended."""
    starts = [float(since) for entry in series if (since := entry.get("since")) is not None]
    if starts:
        instances = max(int(entry.get("instances") or 1) for entry in series)
        by = f", by {instances} instances (restarts and replicas)" if instances > 1 else ""
        yield Text(f"Counted since {numbers.moment(min(starts), now)}{by}.", style=DIM)


def _columns(series: Sequence[Series], width: int, view: MetricView) -> list[str]:
    """The figures that there is room for; a maximum is known of all time alone."""
    if not any(entry.get("type") == "histogram" for entry in series):
        return []
    longest = max(len(entry["name"]) for entry in series)
    figures = ["mean", "~p50", "~p95"] if width >= _WIDE else ["~p50", "~p95"]
    room = width >= _WIDE or (width >= _NARROW and longest <= _LONG)
    return [*figures, "max"] if room and not view.only_recent else figures


def _caption(view: MetricView, width: int) -> Text:
    recent, rate = numbers.age(view.recent_s), numbers.age(min(view.recent_s, view.rate_s))
    if view.only_recent:
        return Text(f"Of the last {recent} alone; per s: the last {rate}; ~: interpolated from buckets.", style=DIM)
    line = f" recent: the last {recent};" if width >= _NARROW else ""
    return Text(f"per s: the last {rate};{line} ~: interpolated from buckets.", style=DIM)


def _of_window(entry: Series, begun: float) -> Series:
    """The series as if it had begun with the window, at `begun` (Unix seconds)."""
    window = entry.get("window")
    entry = {**entry, "exemplars": [one for one in entry.get("exemplars") or () if float(one.get("time", 0.0)) >= begun]}
    if not window or "increase" not in window:
        return entry
    if entry.get("type") != "histogram":
        return {**entry, "value": window["increase"]}
    alone = {name: window.get(name) for name in ("sum", "bounds", "counts")}
    return {**entry, **alone, "count": window["increase"], "min": None, "max": None}


def _value(series: Series) -> str:
    if series.get("type") == "histogram":
        return numbers.count(series.get("count") or 0)
    return number(series.get("value"), series)


def _rate(series: Series, rate_s: float) -> str:
    """Of what adds up; a gauge has none."""
    window = series.get("window") or {}
    seconds = float(window.get("seconds") or 0.0)
    if "increase" not in window or seconds <= 0:
        return ""
    slots, step = window["slots"], float(window["slot_seconds"])
    last = max(1, round(rate_s / step))
    return numbers.rate(sum(float(slot or 0.0) for slot in slots[-last:]) / min(seconds, last * step)).removesuffix("/s")


def _figures(series: Series) -> dict[str, str]:
    count, bounds, counts = series.get("count"), series.get("bounds") or (), series.get("counts") or ()
    if series.get("type") != "histogram":
        return {}
    extremes = [None if series.get(name) is None else float(series[name]) for name in ("min", "max")]
    values = {
        "mean": float(series.get("sum") or 0.0) / count if count else None,
        **{f"~p{q:.0f}": quantile(q / 100, bounds, counts, *extremes) for q in (50, 95)},
        "max": series.get("max"),
    }
    return {name: number(value, series) for name, value in values.items()}


def _exemplars(series: Iterable[Series]) -> Iterator[Text]:
    """For each histogram the command that shows its highest exemplar, as a line that can be pasted."""
    gap = True
    for entry in series:
        worst = max(entry.get("exemplars") or (), key=lambda exemplar: float(exemplar["value"]), default=None)
        if worst and entry.get("type") == "histogram":
            yield from [Text(), Text("An example request of each:", style=DIM)] * gap
            gap = False
            remark = f"  # {number(worst['value'], entry)} of {visible(entry['name'])}"
            yield Text.assemble(f"labctl trace {visible(worst['trace_id'])}", (remark, DIM))
