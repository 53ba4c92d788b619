"""The trace of `up`: its steps as spans, with the work done in each as child spans, written directly into the viewer.

Its id has a fixed prefix, so that it can be found among the requests' traces, and left out of the slowest requests.
"""

import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Final

from labctl.errors import LabError
from labctl.host.http import post
from labctl.lab.plan import StepResult
from labctl.model import Work
from labctl.numbers import milliseconds
from labctl.telemetry.span_tree import SpanTree
from labctl.telemetry.trace import Span, Trace
from labctl.viewer_client import sent_spans
from labctl.viewer_client.client import UP

OK: Final = 200
NOTICED: Final = 0.01                   # share of the total from which on it is mentioned


def write(viewer: str, done: Sequence[StepResult], work: Sequence[Work]) -> None:
    """Raises LabError when the viewer does not accept it."""
    answer = post(f"{viewer}/v1/traces", sent_spans.request(list(spans(done, work))), {"content-type": "application/json"})
    if answer.status != OK:
        raise LabError(f"the viewer refused the trace of this `up`: {answer.status}", detail=answer.body[:200].decode())


def spans(done: Sequence[StepResult], work: Sequence[Work]) -> Iterator[dict[str, Any]]:
    """A span for the whole, one for each step, and one for each work under the step in which it ended."""
    trace_id, root = UP + secrets.token_hex(8), secrets.token_hex(8)

    def span(parent: str, name: str, start_ns: int, end_ns: int, **attributes: str) -> dict[str, Any]:
        return sent_spans.internal_span(
            trace_id=trace_id, span_id=secrets.token_hex(8), parent_id=parent, name=name, start_ns=start_ns, end_ns=end_ns,
            attributes=attributes,
        )

    whole = span("", "labctl up", done[0].start_ns, done[-1].end_ns)
    yield {**whole, "spanId": root}
    steps = [(step, span(root, step.title, step.start_ns, step.end_ns, result=step.result)) for step in done]
    yield from (made for _, made in steps)
    for one in work:
        parent = next((made for step, made in steps if one.end_ns <= step.end_ns), steps[-1][1])
        yield span(parent["spanId"], one.name, one.start_ns, one.end_ns)


def words(trace: Trace) -> str:
    """What `up` waited for, in sequence, and how much work ran in parallel."""
    path = list(_critical(trace))
    spent, total = sum(span.duration_ms for span in _leaves(trace.spans)), trace.duration_ms
    waited = ", ".join(f"{name} {milliseconds(ms)}" for name, ms in path if ms >= NOTICED * total)
    beside = max(0.0, spent - sum(ms for _, ms in path))
    more = f" Other work took {milliseconds(beside)} in parallel." if beside >= NOTICED * total else ""
    return f"The lab was up after {milliseconds(total)}. It waited for, in turn: {waited}.{more}"


def _critical(trace: Trace) -> Iterator[tuple[str, float]]:
    """The critical path, first to last: walked from the end to whatever ended last before each start, in milliseconds."""
    leaves, now, path = _leaves(trace.spans), trace.duration_ms, []
    while before := [span for span in leaves if span.start_ms < now]:
        last = max(before, key=lambda span: (min(_end(span), now), -span.start_ms))
        path.append((last.name, min(_end(last), now) - last.start_ms))
        now = last.start_ms
    yield from reversed(path)


def _leaves(spans: Sequence[Span]) -> list[Span]:
    """The spans without children: work, and steps without recorded work."""
    return [node.span for node in SpanTree(spans).nodes if not node.children and node.span.duration_ms > 0]


def _end(span: Span) -> float:
    return span.start_ms + span.duration_ms
