"""The description of the routes for /docs and /openapi.json: they are Starlette's, and FastAPI describes its own only."""

from typing import Any

from service.problem import MEDIA_TYPE
from service.validate import MAX_FEATURES

Schema = dict[str, Any]

_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": MAX_FEATURES}
_TEXT = {"type": "string"}
_REFUSED = {
    "400": "Not JSON, or cut off", "408": "It did not arrive in time", "413": "More than 1 MiB",
    "415": "Not application/json in UTF-8, or compressed", "422": "JSON of another shape, or numbers without a finite sum",
    "431": "The header is too large",
}


def paths(max_batch_size: int) -> Schema:
    rows = {"type": "array", "items": _NUMBERS, "minItems": 1, "maxItems": max_batch_size}
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 1}
    health = _object(status=_TEXT, env=_TEXT, tracing_enabled={"type": "boolean"})
    return {
        "/health": _get("Whether the process lives", {"200": health}),
        "/ready": _get("Whether it takes requests", dict.fromkeys(("200", "503"), _object(status=_TEXT))),
        "/predict": _post("The sum of the features", _object(features=_NUMBERS), _prediction(prediction={"type": "number"})),
        "/predict/batch": _post("The sum of every row", _object(rows=rows), _prediction(predictions=numbers)),
    }


def components() -> Schema:
    """The shape of every error (RFC 9457)."""
    problem = _object(type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT)
    return {"schemas": {"Problem": _with_trace_id(problem)}}


def _prediction(**members: Schema) -> Schema:
    return _with_trace_id(_object(**members, model_name=_TEXT, latency_ms={"type": "number", "minimum": 0}))


def _with_trace_id(schema: Schema) -> Schema:
    trace_id = {"type": ["string", "null"], "pattern": "^[0-9a-f]{32}$"}
    return {**schema, "properties": {**schema["properties"], "trace_id": trace_id}}


def _object(**members: Schema) -> Schema:
    return {"type": "object", "required": list(members), "additionalProperties": False, "properties": members}


def _get(summary: str, answers: dict[str, Schema]) -> Schema:
    responses = {status: _response("As it is", schema) for status, schema in answers.items()}
    responses |= {status: _problem(_REFUSED[status]) for status in ("400", "431")}
    return {"get": {"summary": summary, "responses": responses}}


def _post(summary: str, request: Schema, answer: Schema) -> Schema:
    body = {"required": True, "content": {"application/json": {"schema": request}}}
    responses = {"200": _response("Answered", answer)} | {status: _problem(why) for status, why in _REFUSED.items()}
    return {"post": {"summary": summary, "requestBody": body, "responses": responses}}


def _problem(description: str) -> Schema:
    return _response(description, {"$ref": "#/components/schemas/Problem"}, MEDIA_TYPE)


def _response(description: str, schema: Schema, media_type: str = "application/json") -> Schema:
    return {"description": description, "content": {media_type: {"schema": schema}}}
