from dataclasses import replace
from typing import Any

import pytest

from labctl.telemetry.trace import Span, Trace
from labctl.viewer_client.blame import blame, self_time


def span(name: Any, own: Any, parent: Any, start: Any, took: Any, kind: str = "internal") -> Any:
    return Span(name, "service", kind, own, parent, start, took, "unset")


def trace(*spans: Any) -> Any:
    return Trace("t", max((one.start_ms + one.duration_ms for one in spans), default=0.0), complete=True, spans=spans)


def request(client: float = 503.0, server: float = 501.0, inference: float = 98.0, formatting: float = 402.0) -> Any:
    return trace(
        span("POST", "a", "", 0, client, "client"), span("POST /predict", "b", "a", 1, server, "server"),
        span("model_inference", "c", "b", 1, inference), span("format_response", "d", "b", 1 + inference, formatting),
    )


def test_the_step_that_took_the_time_is_named_and_not_its_parents() -> None:
    assert blame(request()) == "format_response took 402 ms of 503 ms (80 %)."


def test_inference_is_named_the_same_way() -> None:
    assert blame(request(104.0, 102.0, 98.0, 1.0)) == "model_inference took 98.0 ms of 104 ms (94 %)."


def test_the_clients_waiting_is_named_as_such() -> None:
    assert blame(request(220.0, 100.0, 98.0, 1.0)) == "The client waited 120 ms of 220 ms (55 %) outside of the service."


def test_a_request_that_waited_before_it_was_sent() -> None:
    late, soon = request(), request()
    sent = replace(late.spans[0], attributes={"labctl.wait_ms": 154.2})
    assert blame(replace(late, spans=(sent, *late.spans[1:]))).endswith("(80 %). It had waited 154 ms before it was sent.")
    sent = replace(soon.spans[0], attributes={"labctl.wait_ms": 0.4})
    assert blame(replace(soon, spans=(sent, *soon.spans[1:]))).endswith("(80 %).")


def test_a_lone_client_span_leaves_the_cause_open() -> None:
    assert blame(trace(span("POST", "a", "", 0, 50, "client"))).endswith("the service has no span that explains it.")


def test_nothing_has_arrived() -> None:
    assert blame(trace()) == "No span of this trace has arrived."


@pytest.mark.parametrize(("children", "own"), [
    ([], 100), ([(0, 100)], 0), ([(10, 20), (50, 10)], 70),
    ([(10, 50), (20, 20)], 50),        # one inside the other
    ([(10, 30), (20, 40)], 50),        # overlapping: 10 to 60
    ([(-50, 60), (90, 500)], 80),      # beyond the parent at both ends: 0 to 10, 90 to 100
    ([(200, 50)], 100),                # after the parent's end
])
def test_self_time_is_what_no_child_covers(children: Any, own: int) -> None:
    spans = [span("child", str(n), "p", start, took) for n, (start, took) in enumerate(children)]

    assert self_time(span("parent", "p", "", 0, 100), spans) == own
