"""OTLP messages as OTLP/JSON: ids as hex digits, bytes as base64, 64-bit numbers as text, enums as numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Subtle: it writes text at once, a third of the time that
protobuf's own json_format takes to make values of it, which would write ids as base64.
"""

import math
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from json.encoder import encode_basestring
from typing import Any, Final

from labctl.telemetry.otlp.messages import message, text

_HEX: Final = {"trace_id", "span_id", "parent_span_id"}
_BASE64: Final = {"bytes_value"}
_DOUBLE, _INT64, _UINT64, _FIXED64, _BOOL, _BYTES, _SFIXED64 = 1, 3, 4, 6, 8, 12, 16      # FieldDescriptorProto.Type
Write = Callable[[Any], str]


def written(name: str, encoded: bytes) -> str:
    """The JSON of an encoded `opentelemetry.proto.<name>`. Raises DecodeError."""
    return _writer(message(name).DESCRIPTOR)(message(name).FromString(encoded))


def quoted(found: bytes | str) -> str:
    return encode_basestring(found if isinstance(found, str) else text(found))


def number(found: float) -> str:
    if math.isfinite(found):
        return repr(found)
    return '"NaN"' if math.isnan(found) else '"Infinity"' if found > 0 else '"-Infinity"'


@cache
def _writer(descriptor: Any) -> Write:
    fields: dict[int, tuple[str, Write]] = {}

    def write(found: Any) -> str:
        if not fields:                  # not before: messages contain each other
            fields.update({field.number: (f'"{field.camelcase_name}":', _of(field)) for field in descriptor.fields})
        parts = []
        for field, value in found.ListFields():
            name, convert = fields[field.number]
            parts.append(name + convert(value))
        return f"{{{','.join(parts)}}}"

    return write


def _of(field: Any) -> Write:
    one = _of_one(field)
    return (lambda values: f"[{','.join(map(one, values))}]") if field.is_repeated else one


def _of_one(field: Any) -> Write:
    if field.message_type:
        return _writer(field.message_type)
    if field.type == _BYTES and field.name in _HEX:
        return lambda found: f'"{found.hex()}"'
    if field.type == _BYTES and field.name in _BASE64:
        return lambda found: f'"{b64encode(found).decode()}"'
    return _WRITES.get(field.type, str)


_WRITES: Final[dict[int, Write]] = {
    _BYTES: quoted, _DOUBLE: number, _BOOL: lambda found: "true" if found else "false",
    **dict.fromkeys((_INT64, _UINT64, _FIXED64, _SFIXED64), lambda found: f'"{found}"'),
}
