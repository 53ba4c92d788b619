"""The distro sets defaults and nothing else: what the user says with the standard variables is what the stock SDK does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service import distro, otel_variables, settings
from tests.unit.service.conftest import Service, Sink, running, until

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Sink]:
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


def served(folder: Path, sink: Sink, requests: int = 1, **variables: str) -> Service:
    """A service that has answered some requests and ended."""
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.port}"} | variables
    with running(folder, **variables) as service:
        for _ in range(requests):
            assert service.post()[0] == 200
        assert service.stop() == 0
    return service


def test_the_defaults_can_be_used() -> None:
    otel_variables.check(distro.DEFAULTS)


def test_headers_and_compression(tmp_path: Path, receiver: Sink) -> None:
    served(tmp_path, receiver, OTEL_EXPORTER_OTLP_HEADERS="x-team=a%20b", OTEL_EXPORTER_OTLP_COMPRESSION="gzip")
    assert len(receiver.spans) == 4
    assert receiver.headers["x-team"] == "a b"


def test_resource_attributes_add_and_win(tmp_path: Path, receiver: Sink) -> None:
    served(tmp_path, receiver, OTEL_RESOURCE_ATTRIBUTES="team=red,deployment.environment.name=mine", OTEL_SERVICE_NAME="named")
    assert receiver.resource.items() >= {"team": "red", "deployment.environment.name": "mine", "service.name": "named"}.items()


def test_a_sampler(tmp_path: Path, receiver: Sink) -> None:
    served(tmp_path, receiver, 10, OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0")
    assert receiver.spans == []
    assert [record for record in receiver.logs if record.body.string_value == "prediction answered"]


def test_no_propagator_leaves_the_callers_trace_and_answers(tmp_path: Path, receiver: Sink) -> None:
    endpoint = f"http://127.0.0.1:{receiver.port}"
    with running(tmp_path, OTEL_PROPAGATORS="none", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as service:
        status, answer, _ = service.post(traceparent=f"00-{'7' * 32}-00f067aa0ba902b7-01")
        assert service.stop() == 0
    assert status == 200
    assert answer["trace_id"] != "7" * 32
    assert len(receiver.trace(answer["trace_id"])) == 4


def test_one_signal_off(tmp_path: Path, receiver: Sink) -> None:
    served(tmp_path, receiver, OTEL_LOGS_EXPORTER="none", OTEL_METRICS_EXPORTER="none")
    assert (len(receiver.spans), receiver.logs, receiver.metrics) == (4, [], {})


def test_an_empty_variable_counts_as_unset(tmp_path: Path, receiver: Sink) -> None:
    served(tmp_path, receiver, OTEL_EXPORTER_OTLP_TIMEOUT="", OTEL_BSP_SCHEDULE_DELAY="", OTEL_TRACES_EXPORTER="")
    assert len(receiver.spans) == 4


def test_a_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost")
    credentials = grpc.ssl_server_credentials([(issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes())])
    sink = Sink(credentials=credentials)
    sink.start()
    served(tmp_path, sink, OTEL_EXPORTER_OTLP_ENDPOINT=f"https://localhost:{sink.port}",
           OTEL_EXPORTER_OTLP_CERTIFICATE=str(tmp_path / "ca.pem"))
    sink.stop()
    assert len(sink.spans) == 4


def test_the_other_protocol(tmp_path: Path) -> None:
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/v1/traces":
                bodies.append(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Not on the screen."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        served(tmp_path, Sink(port=server.server_port), OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf")
        server.shutdown()
    spans = [span for body in bodies for resource in ExportTraceServiceRequest.FromString(body).resource_spans
             for scope in resource.scope_spans for span in scope.spans]
    assert len(spans) == 4


def test_what_is_dropped_at_a_full_queue_is_counted(tmp_path: Path, receiver: Sink) -> None:
    """The counts that the ledger reads: processed and dropped by the processor, exported by the exporter."""
    port = receiver.port
    receiver.stop()
    with running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}", OTEL_BSP_MAX_QUEUE_SIZE="40",
                 OTEL_BSP_MAX_EXPORT_BATCH_SIZE="10") as service:
        for _ in range(100):
            assert service.post()[0] == 200
        receiver.start()
        until(lambda: receiver.spans)
        assert service.stop() == 0
    counts = {error: value for value, error in processed(receiver)}
    assert counts[""] == exported(receiver) == len({span.span_id for span in receiver.spans})
    assert counts[""] + counts["queue_full"] == 400


def processed(sink: Sink) -> list[tuple[int, str]]:
    points = sink.metrics["otel.sdk.processor.span.processed"].sum.data_points
    return [(point.as_int, {pair.key: pair.value.string_value for pair in point.attributes}.get("error.type", ""))
            for point in points]


def exported(sink: Sink) -> int:
    return sum(point.as_int for point in sink.metrics["otel.sdk.exporter.span.exported"].sum.data_points)


def test_what_the_user_has_set_stays() -> None:
    environ = {"OTEL_BSP_SCHEDULE_DELAY": "7", "OTEL_BLRP_SCHEDULE_DELAY": " ", "OTEL_TRACES_EXPORTER": "console"}
    distro.set_defaults(environ, settings.load({}))
    assert environ.items() >= (distro.DEFAULTS | {"OTEL_BSP_SCHEDULE_DELAY": "7", "OTEL_TRACES_EXPORTER": "console"}).items()


def test_a_time_out_for_all_signals_holds_for_metrics_too() -> None:
    chosen, none = {"OTEL_EXPORTER_OTLP_TIMEOUT": "10"}, dict[str, str]()
    distro.set_defaults(chosen, settings.load({}))
    distro.set_defaults(none, settings.load({}))
    assert "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT" not in chosen
    assert none["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT"] == distro.METRICS_TIMEOUT_S
