"""What /docs shows of the two routes that read their bodies by hand."""

from typing import Any

_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 1024}


def _body(name: str, schema: dict[str, Any], example: list[Any]) -> dict[str, Any]:
    value = {"type": "object", "required": [name], "additionalProperties": False, "properties": {name: schema},
             "example": {name: example}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": value}}}}


PREDICT = _body("features", _NUMBERS, [0.5, 1.5, 2.0])
BATCH = _body("rows", {"type": "array", "items": _NUMBERS, "minItems": 1}, [[0.5, 1.5, 2.0], [1, 2]])
