"""One trace as a waterfall in HTML: every span a bar on the trace's own time axis."""

from labctl.load.report.markup import Html, element
from labctl.numbers import milliseconds
from labctl.telemetry.trace import Span, Trace
from labctl.viewer_client.blame import blame


def waterfall(trace: Trace) -> Html:
    """The spans in the order in which they are drawn, and the sentence that says which of them took the time."""
    depths = _depths(trace)
    lines = (_line(span, trace.duration_ms, depths[span.span_id]) for span in trace.spans)
    return element("div", *lines, element("p", blame(trace)), class_="waterfall")


def _line(span: Span, total: float, depth: int) -> Html:
    begin, width = (100 * share / total if total else 0.0 for share in (span.start_ms, span.duration_ms))
    bar = element("i", style=f"left:{begin:.2f}%;width:{width:.2f}%", class_="failed" if span.status == "error" else span.kind)
    name = element("span", span.name, class_="name", style=f"padding-left:{depth}em", title=f"{span.service}: {span.name}")
    took = element("span", milliseconds(span.duration_ms), class_="ms")
    return element("div", name, element("span", bar, class_="track"), took)


def _depths(trace: Trace) -> dict[str, int]:
    """Span id → how many of its ancestors are there. Parents come before their children."""
    found: dict[str, int] = {}
    for span in trace.spans:
        found[span.span_id] = found.get(span.parent_id, -1) + 1
    return found
