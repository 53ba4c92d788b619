"""C10: what is sent twice counts once: after a kill, in another part of the store, in one request; points and log records too."""

import grpc
import pytest

from labctl.telemetry.store import rows
from tests.cases import otlp
from tests.unit.telemetry import requests
from tests.viewer import Viewer


def test_after_a_kill_and_a_restart(viewer: Viewer) -> None:
    body = otlp.request(*(otlp.span(otlp.trace_id(), otlp.span_id()) for _ in range(10)))
    for _ in range(3):
        assert viewer.send(body).status == 200
        viewer.kill()
        viewer.start()
    viewer.export(body)
    counts = viewer.counts()
    assert counts["spans"] == 10
    assert (counts["accepted"], counts["duplicates"]) == ({"traces.grpc": 10}, {"traces": 10})


def test_across_parts_of_the_store(viewer: Viewer) -> None:
    body = otlp.request(*(otlp.span(otlp.trace_id(), otlp.span_id()) for _ in range(10)))
    viewer.send(body)
    for first in range(1, rows.PART, 4096):
        viewer.export(requests.traces(4096, first=first))
    before = viewer.counts()["spans"]
    viewer.send(body)
    assert before > rows.PART
    assert viewer.counts()["spans"] == before


def test_in_one_request(viewer: Viewer) -> None:
    one = otlp.span(otlp.trace_id(), otlp.span_id())
    viewer.send(otlp.request(one, one, one))
    assert viewer.counts()["spans"] == 1


def test_two_spans_under_one_id_are_both_kept_and_shown_as_that(viewer: Viewer) -> None:
    trace, own = otlp.trace_id(), otlp.span_id()
    body = otlp.request(otlp.span(trace, own, b"first"), otlp.span(trace, own, b"second"))
    viewer.send(body)
    viewer.send(body)
    found = viewer.trace(trace)
    assert sorted(span["name"] for span in found["spans"]) == ["first", "second"]
    assert not found["complete"]


@pytest.mark.parametrize("signal", ["metrics", "logs"])
def test_points_and_log_records(viewer: Viewer, signal: str) -> None:
    body = requests.counter(3) if signal == "metrics" else requests.logs("once")
    for _ in range(2):
        viewer.send(body, signal_=signal)
        viewer.export(body, signal, grpc.Compression.Gzip)
        viewer.kill()
        viewer.start()
    viewer.send(body, signal_=signal)
    counts = viewer.counts()
    assert counts["metric_points" if signal == "metrics" else "log_records"] == 1
    assert counts["duplicates"] == {signal: 1}
