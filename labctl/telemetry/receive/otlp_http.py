"""OTLP over HTTP: protobuf or JSON in, an empty answer in the same encoding out once it is committed."""

from labctl.telemetry.http.server import Asked, Problem, Reply
from labctl.telemetry.otlp.decode import Malformed
from labctl.telemetry.receive.intake import Intake

PROTOBUF, JSON = "application/x-protobuf", "application/json"
OK = 200
RECEIVED = {"/v1/traces": "traces", "/v1/metrics": "metrics", "/v1/logs": "logs"}


def receive(intake: Intake, signal: str, asked: Asked) -> Reply:
    """OTLP/HTTP: protobuf or JSON in, an empty success in the same encoding out."""
    if asked.method != "POST":
        raise Problem(405, "OTLP is sent with POST")
    kind = (asked.header("content-type")).partition(";")[0].strip().lower()
    if kind not in {PROTOBUF, JSON}:
        raise Problem(415, f"the content type is {PROTOBUF} or {JSON}")
    body = asked.body()
    try:
        if kind == JSON:
            from labctl.telemetry.otlp.json_encoding import to_protobuf

            body = to_protobuf(signal, body)
        intake.take(signal, "http", body)
    except Malformed as error:
        raise Problem(400, "not OTLP", str(error)) from None
    except ValueError as error:
        raise Problem(400, "not OTLP in JSON", str(error)[:300]) from None
    return Reply(OK, b"{}" if kind == JSON else b"", kind)
