"""Which span took the time of a trace, in one sentence.

Decided by self time, not by duration: a parent that only waits for its children is not the cause.
"""

from collections.abc import Iterable
from typing import Final

from labctl.numbers import milliseconds, percent
from labctl.telemetry.span_tree import SpanNode, SpanTree
from labctl.telemetry.trace import Span, Trace

_NOTICED_MS: Final = 1.0


def blame(trace: Trace) -> str:
    """`format_response took 402 ms of 503 ms (80 %)`; time between client and service, and before both, is named as such."""
    if not trace.spans:
        return "No span of this trace has arrived."
    times = ((self_time(node.span, [child.span for child in node.children]), node) for node in SpanTree(trace.spans).nodes)
    own, slowest = max(times, key=lambda timed: timed[0])
    return _sentence(trace, slowest, own) + _wait(trace)


def self_time(span: Span, children: Iterable[Span]) -> float:
    """Milliseconds of `span` in which none of its children ran: its duration minus the union of their intervals."""
    start, end = span.start_ms, span.start_ms + span.duration_ms
    covered, reached = 0.0, start
    for child in sorted(children, key=lambda child: child.start_ms):
        low, high = max(child.start_ms, reached), min(child.start_ms + child.duration_ms, end)
        covered += max(high - low, 0.0)
        reached = max(reached, high)
    return span.duration_ms - covered


def _wait(trace: Trace) -> str:
    """How long a request of a load run was due before it was sent, which no span shows."""
    waited = [span.attributes.get("labctl.wait_ms") for span in trace.spans if not span.parent_id]
    longest = max((float(ms) for ms in waited if isinstance(ms, int | float)), default=0.0)
    return f" It had waited {milliseconds(longest)} before it was sent." if longest >= _NOTICED_MS else ""


def _sentence(trace: Trace, node: SpanNode, own_ms: float) -> str:
    span, total = node.span, trace.duration_ms
    share = f"{milliseconds(own_ms)} of {milliseconds(total)} ({percent(own_ms, total)})"
    if span.kind != "client":
        return f"{span.name} took {share}."
    if not node.children:
        return f"The client waited {share} for an answer, and the service has no span that explains it."
    return f"The client waited {share} outside of the service."
