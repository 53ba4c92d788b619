"""One trace as a waterfall in HTML: every span a bar on the trace's own time axis."""

from labctl.load.report.markup import Html, element
from labctl.numbers import milliseconds
from labctl.telemetry.span_tree import SpanTree
from labctl.telemetry.trace import Span, Trace
from labctl.viewer_client.blame import blame


def waterfall(trace: Trace) -> Html:
    """The spans in drawing order, and the sentence that says which of them took the time."""
    lines = (_line(node.span, trace.duration_ms, node.depth) for node in SpanTree(trace.spans).nodes)
    return element("div", *lines, element("p", blame(trace)), class_="waterfall")


def _line(span: Span, total: float, depth: int) -> Html:
    begin, width = (100 * share / total if total else 0.0 for share in (span.start_ms, span.duration_ms))
    bar = element("i", style=f"left:{begin:.2f}%;width:{width:.2f}%", class_="failed" if span.status == "error" else span.kind)
    name = element("span", span.name, class_="name", style=f"padding-left:{depth}em", title=f"{span.service}: {span.name}")
    took = element("span", milliseconds(span.duration_ms), class_="ms")
    return element("div", name, element("span", bar, class_="track"), took)
