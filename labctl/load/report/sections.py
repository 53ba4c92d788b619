"""The parts of a report that are words and figures: head, remarks, tables."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from labctl import numbers
from labctl.load.judge.verdicts import Verdict
from labctl.load.measure.percentiles import percentiles
from labctl.load.measure.summary import Summary
from labctl.load.report.markup import Html, element, joined, rows

_NONE: Final = Html("")
_MIB: Final = 1 << 20
_CHARTS: Final = {
    "latency": (
        "Latency over time", "wide",
        "From due to answered. Stronger colour: more requests. Lines: each column's p50 and p99 (of few requests the slowest).",
    ),
    "rate": ("Rate", "", "Planned: by when due. Answered: by when the answer came. A gap: requests waited or failed."),
    "replicas": ("Replicas", "", "Pods of the service that are ready, as the autoscaler, or somebody, has changed their number."),
    "errors": ("Errors", "", "Failed requests by kind, by when they were due."),
    "cost": (
        "Cost of telemetry", "",
        "A month at this rate, in US dollars, by list prices (the highest of a range); without pods, cluster and network.",
    ),
    "histogram": ("Distribution of latency", "", "Successful requests, and where the percentiles lie."),
}


def header(summary: Summary, written: datetime) -> Html:
    """What ran and when the report was written, and the key figures."""
    title = element("h1", "Load run ", element("code", summary.run_id))
    state = " · interrupted" if summary.interrupted else ""
    line = element("p", element("code", summary.url), f" · {written:%Y-%m-%d %H:%M} UTC{state}", class_="dim")
    return element("header", title, line, element("div", *_tiles(summary), class_="tiles"))


def remarks(sentences: Sequence[str]) -> Html:
    return section("", *(element("p", text, class_="remark") for text in sentences), class_="wide")


def thresholds(verdicts: Sequence[Verdict]) -> Html:
    if not verdicts:
        return _NONE
    lines = (
        element("tr", element("td", "✓ met" if one.met else "✗ missed", class_="good" if one.met else "bad"),
                element("th", one.threshold, scope="row"), element("td", one.found))
        for one in verdicts
    )
    return section("Thresholds", element("table", element("tbody", *lines), class_="thresholds"), class_="wide")


def chart(name: str) -> Html:
    title, class_, caption = _CHARTS[name]
    place = element("div", element("noscript", "The charts need JavaScript; the figures do not."), id=name, class_="chart")
    return section(title, element("p", caption, class_="dim"), place, class_=class_)


def times(summary: Summary) -> Html:
    """Latency beside service time, and the confidence interval of the latency."""
    if not summary.latency.count:
        return section("Percentiles", element("p", "No request succeeded, so there is no time to report."))
    body = [(one.name, one.latency, one.interval, one.service) for one in percentiles(summary)]
    table = rows(("", "latency", "95 % interval", "service time"), body)
    caption = "Latency counts from when a request was due, service time from when it was sent."
    return section("Percentiles", element("p", caption, class_="dim"), table)


def outcome(summary: Summary) -> Html:
    body = [
        ("planned", numbers.count(summary.planned)), ("never sent (dropped)", numbers.count(summary.dropped)),
        ("sent", numbers.count(summary.sent)), ("successful", numbers.count(summary.successful)),
        ("failed", numbers.count(summary.failed)), *_errors(summary), ("unfinished", numbers.count(summary.unfinished)),
        ("waited for a free worker", numbers.count(summary.queued)), *_warmup(summary),
        ("duration", numbers.seconds(summary.duration_s)), ("workers", numbers.count(summary.concurrency)),
    ]
    return section("What became of the requests", rows((), body))


def requests(summary: Summary) -> Html:
    """By name in the pool, where there is more than one."""
    if len(summary.by_request) < 2:  # noqa: PLR2004 one is the whole run
        return _NONE
    body = [
        (name, *(numbers.count(counts.get(key, 0)) for key in ("successful", "failed")))
        for name, counts in summary.by_request.items()
    ]
    return section("By request", rows(("", "successful", "failed"), body))


def generator(summary: Summary) -> Html:
    """What the generator measured of itself."""
    own = summary.generator
    if own is None:
        return _NONE
    late = ((f"sent late, {name}", numbers.milliseconds(value)) for name, value in
            (("p50", own.late_p50_ms), ("p99", own.late_p99_ms), ("max", own.late_max_ms)))
    body = [
        ("CPU time", numbers.seconds(own.cpu_s)), ("of one core", numbers.percent(own.cpu_share, 1)), *late,
        ("stopped by garbage collection", numbers.milliseconds(own.gc_ms)),
        ("peak memory", f"{numbers.count(own.peak_rss / _MIB)} MiB"),
    ]
    caption = "Late: sent after it was due, although a worker was free."
    return section("The generator itself", element("p", caption, class_="dim"), rows((), body))


def ledger(text: str) -> Html:
    """What became of every span: stored, lost, sampled out."""
    return section("Spans", element("p", text)) if text else _NONE


def slowest(summary: Summary, waterfalls: Mapping[str, Html]) -> Html:
    """The trace ids, and below each its waterfall, if the lab has the trace."""
    if not summary.slowest:
        return _NONE
    entries = (_slow(slow.trace_id, numbers.milliseconds(slow.latency_ms), waterfalls) for slow in summary.slowest)
    return section("Slowest requests", element("div", *entries, class_="slowest"), class_="wide")


def section(title: str, *children: str, class_: str = "") -> Html:
    """Empty without children."""
    heading = [element("h2", title)] if title else []
    return element("section", *heading, *children, class_=class_) if children else _NONE


def _tiles(summary: Summary) -> Iterator[Html]:
    latency = {one.name: one.latency for one in percentiles(summary)}
    planned = f" of {numbers.rate(summary.target_rate)}" if summary.target_rate is not None else ""
    yield _tile("p50", latency["p50"])
    yield _tile("p99", latency["p99"])
    yield _tile(f"answers{planned}", numbers.rate(summary.rate))
    yield _tile("requests sent", numbers.count(summary.sent))
    failed, finished = summary.measured
    yield _tile("failed", numbers.percent(failed, finished), bad=failed > 0)
    if summary.dropped:
        yield _tile("never sent", numbers.count(summary.dropped), bad=True)


def _tile(name: str, value: str, *, bad: bool = False) -> Html:
    return element("div", element("b", value), element("span", name), class_="tile bad" if bad else "tile")


def _errors(summary: Summary) -> Iterator[tuple[str, str]]:
    for kind, number in sorted(summary.errors.items(), key=lambda item: -item[1]):
        yield f"\N{EM SPACE}{kind}", numbers.count(number)


def _warmup(summary: Summary) -> Iterator[tuple[str, str]]:
    if summary.warmup:
        yield "in the warm-up, not timed and not judged", numbers.count(summary.warmup)
    if summary.warmup_failed:
        yield "\N{EM SPACE}failed", numbers.count(summary.warmup_failed)


def _slow(trace_id: str, latency: str, waterfalls: Mapping[str, Html]) -> Html:
    line = joined(element("code", trace_id), element("b", latency))
    if trace_id not in waterfalls:
        return element("div", line, class_="slow")
    return element("details", element("summary", line, class_="slow"), waterfalls[trace_id], open="")
