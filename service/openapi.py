"""The description of the routes for /docs and /openapi.json: they are Starlette's, and FastAPI describes its own only."""

from typing import Any

_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 1024}


def _post(summary: str, name: str, schema: dict[str, Any], example: list[Any]) -> dict[str, Any]:
    value = {"type": "object", "required": [name], "additionalProperties": False, "properties": {name: schema},
             "example": {name: example}}
    content = {"application/json": {"schema": value}}
    return {"post": {"summary": summary, "requestBody": {"required": True, "content": content},
                     "responses": {"200": {"description": "Answered"}, "4XX": {"description": "A problem (RFC 9457)"}}}}


def _get(summary: str, *statuses: str) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": {status: {"description": "As it is"} for status in statuses}}}


PATHS = {
    "/health": _get("Whether the process lives", "200"),
    "/ready": _get("Whether it takes requests", "200", "503"),
    "/predict": _post("The sum of the features", "features", _NUMBERS, [0.5, 1.5, 2.0]),
    "/predict/batch": _post("The sum of every row", "rows", {"type": "array", "items": _NUMBERS, "minItems": 1},
                            [[0.5, 1.5, 2.0], [1, 2]]),
}
