"""What is said about where the time of `up` went."""

import json

from labctl.lab import up_trace
from labctl.lab.plan import StepName, StepResult
from labctl.model import Work
from labctl.telemetry.trace import Span, Trace
from labctl.viewer_client.client import UP

MS = 1_000_000


def trace(*leaves: tuple[str, float, float]) -> Trace:
    """A trace whose spans under the root have (name, start, end) in milliseconds."""
    last = max(end for _, _, end in leaves)
    spans = [Span("labctl up", "labctl", "internal", "r", "", 0, last, "unset")]
    for number, (name, begin, end) in enumerate(leaves):
        spans.append(Span(name, "labctl", "internal", str(number), "r", begin, end - begin, "unset"))
    return Trace("1" * 32, last, True, tuple(spans))


def test_work_hangs_under_the_step_in_which_it_ended() -> None:
    steps = [
        StepResult(StepName.PROVISION, "Provision", "made", True, 0, 0.010),
        StepResult(StepName.PUBLISH, "Publish", "sent", True, 10 * MS, 0.020),
    ]
    work = [Work("build", 1 * MS, 9 * MS), Work("import", 2 * MS, 15 * MS), Work("late", 5 * MS, 99 * MS)]
    made = list(up_trace.spans(steps, work))
    by_name = {span["name"]: span for span in made}
    assert {span["traceId"] for span in made} == {made[0]["traceId"]}
    assert made[0]["traceId"].startswith(UP)
    assert by_name["build"]["parentSpanId"] == by_name["Provision"]["spanId"]
    assert by_name["import"]["parentSpanId"] == by_name["late"]["parentSpanId"] == by_name["Publish"]["spanId"]
    assert by_name["Provision"]["parentSpanId"] == by_name["labctl up"]["spanId"]
    assert (by_name["labctl up"]["startTimeUnixNano"], by_name["labctl up"]["endTimeUnixNano"]) == ("0", str(30 * MS))
    json.dumps(made)


def test_the_critical_path_is_what_ended_last_before_each_start() -> None:
    said = up_trace.words(trace(("node", 0, 1000), ("build", 0, 300), ("import", 300, 900), ("service", 1000, 1500)))
    assert "after 1.50 s" in said
    assert "in turn: node 1.00 s, service 500 ms." in said
    assert "Other work took 900 ms" in said


def test_without_anything_beside_it_nothing_is_said_of_it() -> None:
    assert up_trace.words(trace(("one", 0, 400), ("two", 400, 500))).endswith("in turn: one 400 ms, two 100 ms.")
