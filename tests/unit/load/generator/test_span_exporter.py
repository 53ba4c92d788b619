"""Spans on their way to a collector that is not always there."""

import asyncio
import socket
import threading
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from labctl.load.generator import session
from labctl.load.generator.client_spans import SpanEncoder
from labctl.load.generator.span_exporter import SpanExporter
from labctl.load.plan.address import parse
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.trace_ids import trace_ids
from tests.unit.load.running import RUN
from tests.unit.load.servers import GOOD, Client, close, each, hang, serving

URL = "http://127.0.0.1:9002/predict"
ACK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n"


def export(base: str, number: int, patience_s: float = 20.0) -> tuple[int, int]:
    exporter = exported(base, number, patience_s)
    return exporter.made, exporter.acked


def exported(base: str, number: int, patience_s: float = 20.0) -> SpanExporter:
    span = SpanEncoder(LoadPlan(URL, run_id=RUN), parse(URL)).span

    async def run() -> SpanExporter:
        acknowledged: list[int] = []
        exporter = SpanExporter(base, acknowledged.extend)
        exporter.start()
        for index in range(1, number + 1):
            exporter.add(index, span(index, 1.0, 1.0, 2.0, 200))
        await exporter.finish(patience_s)
        assert len(set(acknowledged)) == exporter.acked
        return exporter

    return asyncio.run(run())


class Collector:
    """Keeps the trace ids of what it acknowledges; answers the first batches as told."""

    def __init__(self, *first: bytes | None) -> None:
        self._answers = iter(first)
        self._lock = threading.Lock()
        self.traces: list[str] = []

    def __call__(self, client: Client) -> None:
        while (head := client.request()) is not None:
            assert head.startswith(b"POST /v1/traces HTTP/1.1\r\n")
            with self._lock:
                answer = next(self._answers, ACK)
            if answer is None:
                return
            if answer is ACK:
                request = ExportTraceServiceRequest.FromString(client.body)
                self.traces += [span.trace_id.hex() for span in request.resource_spans[0].scope_spans[0].spans]
            client.send(answer)


def test_every_span_arrives_once_although_the_collector_was_busy_and_went_away() -> None:
    collector = Collector(BUSY, None, ACK, None, BUSY)
    with serving(collector) as url:
        assert export(url.removesuffix("/predict"), 1300) == (1300, 1300)
    assert sorted(collector.traces) == sorted(trace_ids(RUN, [1300]))


def test_what_is_refused_for_good_is_not_sent_again_and_not_acknowledged() -> None:
    collector = Collector(REFUSED)
    with serving(collector) as url:
        assert export(url.removesuffix("/predict"), 600) == (600, 88)


def test_the_wait_for_a_collector_that_never_answers_is_bounded() -> None:
    for handler in (each(then=hang), each(then=close)):
        with serving(handler) as url:
            assert export(url.removesuffix("/predict"), 5, patience_s=0.2) == (5, 0)


def test_it_tells_when_it_lost_the_collector() -> None:
    gone: list[float] = []

    def answer_once(listener: socket.socket) -> None:
        with listener, listener.accept()[0] as client:
            client.recv(1 << 16)
            client.sendall(ACK)
        gone.append(time.monotonic())

    async def run(port: int) -> float | None:
        exporter = SpanExporter(f"http://127.0.0.1:{port}", lambda _: None)
        exporter.start()
        exporter.add(1, b"\x00")
        await asyncio.to_thread(server.join)
        exporter.add(2, b"\x00")
        await exporter.finish(1.0)
        return exporter.lost_at

    listener = socket.create_server(("127.0.0.1", 0))
    server = threading.Thread(target=answer_once, args=(listener,))
    server.start()
    lost_at = asyncio.run(run(listener.getsockname()[1]))
    assert lost_at is not None
    assert abs(lost_at - gone[0]) < 0.15    # before the next span was sent


def test_a_collector_that_came_back_is_not_lost() -> None:
    collector = Collector(None)
    with serving(collector) as url:
        assert exported(url.removesuffix("/predict"), 1).lost_at is None


def test_a_run_sends_a_client_span_for_every_request() -> None:
    collector = Collector()
    with serving(each(GOOD)) as url, serving(collector) as otlp:
        plan = LoadPlan(url, requests=30, run_id=RUN, otlp=otlp.removesuffix("/predict"))
        result = session.run(plan, lambda _: None)
    assert (result.spans_made, result.spans_acked) == (30, 30)
    assert sorted(collector.traces) == sorted(trace_ids(RUN, [30]))
