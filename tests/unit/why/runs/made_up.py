"""Load runs that are made up, request by request, and sent as the OTLP that labctl and the service would send."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from labctl.load.plan.trace_ids import ids
from labctl.telemetry.comparison import reading
from labctl.telemetry.comparison.requests import RunRequests
from labctl.telemetry.comparison.span_page import SpanPage
from labctl.telemetry.otlp import spans
from labctl.telemetry.otlp.batch import request_of
from labctl.telemetry.query.span_pages import SpanQuery, cursor, span_page
from labctl.telemetry.store.store import Store

BEGIN = 1_800_000_000
RUN = "5eed0000000000aa"
AT_ONCE = 2000


@dataclass
class Sent:
    """One request; times in ms."""

    due_s: float
    wait: float = 0.05
    network: float = 0.8
    validate: float = 0.1
    inference: float = 100.0
    format: float = 0.06
    route: str = "/predict"
    status: int = 200
    pod: str = "service-a"
    rows: int = 1
    largest: float = 1.0
    sampled: bool = True                # False: of the service no span arrived
    more: dict[str, Any] = field(default_factory=dict)      # attributes of model_inference


Change = Callable[[Sent, random.Random], None]


def run(count: int = 2000, rps: float = 100.0, seed: int = 1, change: Change = lambda *_: None) -> list[Sent]:
    """Nothing in it: the service as it is, its latency random around 100 ms; `change` is applied to each request."""
    chance = random.Random(seed)
    return [_sent(number / rps, chance, change) for number in range(count)]


def _sent(due_s: float, chance: random.Random, change: Change) -> Sent:
    sent = Sent(
        due_s, wait=abs(chance.gauss(0.05, 0.05)), network=chance.lognormvariate(-0.3, 0.4),
        validate=chance.lognormvariate(-2, 0.3), inference=chance.triangular(80, 120), format=chance.lognormvariate(-3, 0.3),
        route=chance.choice(["/predict", "/predict/batch"]), pod=chance.choice(["service-a", "service-b"]),
        largest=chance.uniform(0, 1000),
    )
    sent.rows = 1 if sent.route == "/predict" else chance.choice([2, 4, 8, 16])
    change(sent, chance)
    return sent


def bodies(sent: Sequence[Sent], run_id: str = RUN) -> Iterator[bytes]:
    """ExportTraceServiceRequests."""
    for first in range(0, len(sent), AT_ONCE):
        request = ExportTraceServiceRequest()
        some = list(enumerate(sent[first:first + AT_ONCE], first + 1))
        group = request.resource_spans.add(resource=_resource({"service.name": "labctl", "service.instance.id": "generator"}))
        client = group.scope_spans.add().spans
        served = {}
        for pod in sorted({one.pod for _, one in some}):
            named = {"service.name": "service", "service.instance.id": f"{pod}-0", "k8s.pod.name": pod}
            served[pod] = request.resource_spans.add(resource=_resource(named)).scope_spans.add().spans
        for index, one in some:
            _client(client, index, one, run_id)
            if one.sampled:
                _server(served[one.pod], index, one, run_id)
        yield request.SerializeToString()


def requests_of(sent: Sequence[Sent], store: Store, run_id: str = RUN) -> RunRequests:
    """Through the viewer's decoder, its store and its query."""
    for body in bodies(sent, run_id):
        store.put(lambda body=body: spans.of_request(request_of(body))).result()  # type: ignore[misc]
    return reading.read(pages(store, run_id))


def pages(store: Store, run_id: str, **query: Any) -> Iterator[SpanPage]:
    after = ""
    while True:
        place = cursor(after)
        assert place is not None
        page = SpanPage.from_json(json.loads(json.dumps(span_page(store, SpanQuery(run_id, after=place, **query)))))
        yield page
        if not page.after:
            return
        after = page.after


def _client(group: Any, index: int, one: Sent, run_id: str) -> None:
    begin, length = one.due_s * 1e3 + one.wait, one.network + _served_ms(one)
    attributes: dict[str, Any] = {
        "http.request.method": "POST", "url.full": f"http://127.0.0.1:9002{one.route}", "server.address": "127.0.0.1",
        "server.port": 9002, "http.response.status_code": one.status, "labctl.due_offset_ms": one.due_s * 1e3,
        "labctl.wait_ms": one.wait,
    }
    if one.status >= 400:
        attributes["error.type"] = str(one.status)
    span = _span(group, index, b"", "POST", 3, (begin, length), attributes, run_id)
    if one.status >= 400:
        span.status.code = 2


def _server(group: Any, index: int, one: Sent, run_id: str) -> None:
    begin = one.due_s * 1e3 + one.wait + one.network / 2
    client = ids(index)[8:]
    attributes = {
        "http.request.method": "POST", "http.route": one.route, "url.path": one.route, "http.response.status_code": one.status,
        "client.port": 40000 + index % 20,
    }
    server = _span(group, index, client, f"POST {one.route}", 2, (begin, _served_ms(one)), attributes, run_id)
    for name, length in (("validate_input", one.validate), ("model_inference", one.inference), ("format_response", one.format)):
        inside: dict[str, Any] = {}
        if name == "model_inference":
            inside = {"model.input.rows": one.rows, "model.input.max": one.largest, **one.more}
        _span(group, index, server.span_id, name, 1, (begin, length), inside, run_id)
        begin += length


def _served_ms(one: Sent) -> float:
    return one.validate + one.inference + one.format + 0.1


def _span(
    group: Any, index: int, parent: bytes, name: str, kind: int, times: tuple[float, float], attributes: dict[str, Any],
    run_id: str,
) -> Any:
    own = ids(index)
    span_id = own[8:] if not parent else bytes([len(name) % 256]) + name.encode()[:1] + own[10:]
    begin = BEGIN * 10**9 + round(times[0] * 1e6)
    span = group.add(
        trace_id=bytes.fromhex(run_id) + own[:8], span_id=span_id, parent_span_id=parent, name=name, kind=kind,
        start_time_unix_nano=begin, end_time_unix_nano=begin + round(times[1] * 1e6),
    )
    span.attributes.extend(KeyValue(key=key, value=_value(value)) for key, value in attributes.items())
    return span


def _value(value: Any) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(double_value=value)


def _resource(named: dict[str, str]) -> Resource:
    return Resource(attributes=[KeyValue(key=key, value=_value(value)) for key, value in named.items()])
