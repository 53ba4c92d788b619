"""The run's charts as plotly.js takes them: plain values, whose colours are CSS variables of the page (`var(--ink)`).

Subtle: the page's script resolves the colours when it draws, and draws again for print and when the colour scheme changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from typing import Any, Final

from labctl import numbers
from labctl.load.measure import percentiles
from labctl.load.measure.summary import Slice, Summary, Timeline
from labctl.load.report import axes

Figure = dict[str, Any]
_KINDS: Final = 5                       # kinds of errors with a colour of their own; the rest share one
_OTHERS: Final = "all others"
_BESIDE: Final = 1.4                    # room for what is written beside the longest bar
_P50_COLOUR: Final = "var(--p50)"
_P99_COLOUR: Final = "var(--p99)"
_PLANNED_COLOUR: Final = "var(--planned)"
_ANSWERED_COLOUR: Final = "var(--answered)"
_HEAT: Final = [[step / 4, f"var(--heat{step})"] for step in range(5)]


def all_of(summary: Summary, replicas: Sequence[tuple[float, int]] = ()) -> Mapping[str, Figure]:
    """The charts by name, in the order in which they are read; without a timeline only the histogram, if there is one."""
    found: dict[str, Figure] = {}
    if summary.timeline and summary.timeline.slices:
        time = axes.Time.of(summary, summary.timeline)
        if any(any(one.counts.values()) for one in summary.timeline.slices):
            found["latency"] = latency(summary.timeline, time)
        found["rate"] = rate(summary.timeline, time)
        if len(replicas) > 1:
            found["replicas"] = pods(replicas, summary.duration_s, time)
        if summary.errors:
            found["errors"] = errors(summary, summary.timeline, time)
    if any(bucket.count for bucket in summary.histogram):
        found["histogram"] = histogram(summary)
    return found


def latency(timeline: Timeline, time: axes.Time) -> Figure:
    """Columns of time, rows of latency, a stronger colour where there are more requests, and over it p50 and p99."""
    used = [row for one in timeline.slices for row, count in one.counts.items() if count]
    rows = range(min(used), max(used) + 1)
    edges = [timeline.edges_ms[row] for row in (*rows, rows.stop)]
    lines = [
        _line(time.middles, [_time(one, name) for one in timeline.slices], name, f"{name} %{{y:.3g}} ms<extra></extra>",
              color=colour)
        for name, colour in (("p99", _P99_COLOUR), ("p50", _P50_COLOUR))
    ]
    return _figure([_heat(timeline, rows, edges, time), *lines], time, axes.logarithmic(edges[0], edges[-1]))


def _heat(timeline: Timeline, rows: range, edges: Sequence[float], time: axes.Time) -> Figure:
    """Its colours are logarithmic, like its rows: on a linear scale a single slow request would be invisible."""
    counts = [[one.counts.get(row, 0) or None for one in timeline.slices] for row in rows]
    powers = range(int(log10(max(count for row in counts for count in row if count))) + 1)
    return {
        "type": "heatmap", "x": time.edges, "y": edges, "customdata": counts, "hoverongaps": False,
        "z": [[None if count is None else round(log10(count), 2) for count in row] for row in counts],
        "zmin": -0.3, "colorscale": _HEAT,
        "hovertemplate": f"%{{customdata}} requests near %{{y:.3g}} ms<br>at %{{x:.4g}} {time.unit}<extra></extra>",
        "colorbar": {"tickvals": list(powers), "ticktext": [numbers.count(10**power) for power in powers],
                     "title": {"text": "requests ", "side": "top"}},
    }


def rate(timeline: Timeline, time: axes.Time) -> Figure:
    """Per second: requests by when they were due, and answers by when they came."""
    lines = [
        _line(time.edges[:time.whole + 1], _held(timeline, time, name), name, f"{name} %{{y:.4g}}/s<extra></extra>",
              color=colour, shape="hv", width=width)
        for name, colour, width in (("planned", _PLANNED_COLOUR, 4), ("answered", _ANSWERED_COLOUR, 2))
    ]
    return _figure(lines, time, {"rangemode": "tozero", "ticksuffix": "/s"})


def pods(replicas: Sequence[tuple[float, int]], end_s: float, time: axes.Time) -> Figure:
    """Ready pods of the service, below the rate that they were to carry."""
    steps = [*replicas, (max(end_s, replicas[-1][0]), replicas[-1][1])]
    ats, counts = [at / time.unit_s for at, _ in steps], [float(count) for _, count in steps]
    line = _line(ats, counts, "ready pods", "%{y} ready<extra></extra>", color=_ANSWERED_COLOUR, shape="hv")
    return _figure([line], time, {"rangemode": "tozero", "dtick": 1})


def errors(summary: Summary, timeline: Timeline, time: axes.Time) -> Figure:
    """Failures by kind, stacked, by the time at which they were due."""
    ranked = sorted(summary.errors, key=lambda kind: -summary.errors[kind])
    groups = {kind: {kind} for kind in ranked[:_KINDS]}
    if ranked[_KINDS:]:
        groups[_OTHERS] = set(ranked[_KINDS:])
    bars = [
        {"type": "bar", "x": time.edges[:-1], "width": time.widths, "offset": 0, "name": axes.text(name),
         "y": [sum(one.errors.get(kind, 0) for kind in kinds) for one in timeline.slices],
         "marker": {"color": f"var(--error{number})"}, "hovertemplate": "%{y} × %{fullData.name}<extra></extra>"}
        for number, (name, kinds) in enumerate(groups.items())
    ]
    figure = _figure(bars, time, {"rangemode": "tozero"})
    return {**figure, "layout": {**figure["layout"], "barmode": "stack", "showlegend": True}}


def histogram(summary: Summary) -> Figure:
    """Bars that lie, so that each has room for the edges of its bucket."""
    buckets = summary.histogram
    most = max(bucket.count for bucket in buckets)
    return {
        "data": [{
            "type": "bar", "orientation": "h", "x": [bucket.count for bucket in buckets],
            "y": [numbers.interval(bucket.from_ms, bucket.to_ms) for bucket in buckets],
            "text": list(_shares(summary)), "textposition": "outside", "cliponaxis": False, "marker": {"color": "var(--bar)"},
            "hovertemplate": "%{x} requests in %{y}<extra></extra>",
        }],
        "layout": {
            "showlegend": False, "bargap": 0.15, "margin": {"t": 4, "l": 8, "r": 8, "b": 8},
            "xaxis": {"range": [0, most * _BESIDE], "tickformat": ",d", "title": {"text": "requests"}},
            "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False, "ticksuffix": " "},
        },
    }


def _shares(summary: Summary) -> Iterator[str]:
    """`12 %`, and which percentiles lie in the bucket."""
    total, last = summary.latency.count, summary.histogram[-1]
    marks = percentiles.marks(summary.latency)
    for bucket in summary.histogram:
        here = [
            name for name, value in marks.items() if bucket.from_ms <= value and (value < bucket.to_ms or bucket is last)
        ]
        share = numbers.percent(bucket.count, total) if bucket.count else ""
        yield f" {share}" + (f"  <b>◂ {' '.join(here)}</b>" if here else "")


def _figure(data: Sequence[Figure], time: axes.Time, upwards: Figure) -> Figure:
    return {"data": list(data), "layout": {"xaxis": time.axis(), "yaxis": upwards}}


def _line(x: Sequence[float], y: Sequence[float | None], name: str, hover: str, **look: str | float) -> Figure:
    # a line through a single point would be invisible
    mode = "lines" if sum(value is not None for value in y) > 1 else "markers"
    line = {"width": 2, **look}
    return {"type": "scatter", "mode": mode, "x": list(x), "y": list(y), "name": name, "line": line, "hovertemplate": hover}


def _held(timeline: Timeline, time: axes.Time, name: str) -> list[float]:
    """Per second; the last value is repeated at the end of its slice, so that the step is drawn to its end."""
    values = [getattr(one, name) / timeline.slice_s for one in timeline.slices[:time.whole]]
    return [*values, *values[-1:]]


def _time(one: Slice, name: str) -> float | None:
    return round(getattr(one, f"{name}_ms"), 4) if one.successful else None

