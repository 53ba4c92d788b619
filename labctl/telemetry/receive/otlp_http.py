"""OTLP over HTTP: protobuf or JSON, answered in the same encoding once the content is committed.

400, 413 and 415 mean that a retry is useless; 503 with Retry-After asks for a retry.
"""

from collections.abc import Callable
from functools import partial

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.otlp import answer
from labctl.telemetry.otlp.batch import Batch, Malformed
from labctl.telemetry.otlp.decode import decode, decode_request
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.store.store import Unavailable

PROTOBUF, JSON = "application/x-protobuf", "application/json"
RETRY_AFTER_S = 1
PATHS = {"/v1/traces": "traces", "/v1/metrics": "metrics", "/v1/logs": "logs"}


def receive(intake: Intake, signal: str, request: HttpRequest) -> Reply:
    if request.method != "POST":
        raise HTTPProblem(405, "OTLP must be sent with POST")
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind not in {PROTOBUF, JSON}:
        raise HTTPProblem(415, f"the content type must be {PROTOBUF} or {JSON}")
    body = request.body()
    try:
        batch = intake.take(signal, "http", _from_json(signal, body) if kind == JSON else partial(decode, signal, body))
    except Malformed as error:
        raise HTTPProblem(400, "not OTLP", str(error)) from None
    except Unavailable as error:
        raise HTTPProblem(503, "the store cannot write now", str(error), retry_after_s=RETRY_AFTER_S) from None
    return Reply(200, answer.as_json(batch) if kind == JSON else answer.as_protobuf(batch), kind)


def otlp_only(intake: Intake, request: HttpRequest) -> Reply:
    """The handler of a port that accepts only OTLP."""
    if request.path in PATHS:
        return receive(intake, PATHS[request.path], request)
    raise HTTPProblem(404, f"this port accepts OTLP at {', '.join(PATHS)}")


def _from_json(signal: str, body: bytes) -> Callable[[], Batch]:
    from labctl.telemetry.otlp.json_format.requests import request_of

    request, refused = request_of(signal, body)

    def decoded() -> Batch:
        batch = decode_request(signal, request)
        batch.refused.update(refused)
        return batch

    return decoded
