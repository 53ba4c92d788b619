"""Parsed OTLP/JSON as encoded messages.

Ids are hex digits; base64 is taken too where the length tells it apart, as programs write it that have protobuf's own mapping.
Numbers of any size may be text, enums may be names, and unknown fields are ignored:
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Subtle: all values are handed to a message's constructor at
once, a third of the time that protobuf's own json_format takes.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

_ID_BYTES: Final = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
_DOUBLE, _FLOAT, _BOOL, _STRING, _BYTES, _ENUM = 1, 2, 8, 9, 12, 14      # FieldDescriptorProto.Type
_INT32: Final = 1 << 31
_WORDS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
Read = Callable[[Any], Any]


def encoded(module: str, name: str, value: Mapping[str, Any]) -> bytes:
    """A message of `opentelemetry.proto.<module>`. Raises ValueError, TypeError, KeyError or RecursionError."""
    kind = getattr(import_module(f"opentelemetry.proto.{module}"), name)
    return bytes(kind(**_reader(kind.DESCRIPTOR)(value)).SerializeToString())


@cache
def _reader(descriptor: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    fields: dict[str, tuple[str, Read]] = {}

    def read(value: Mapping[str, Any]) -> dict[str, Any]:
        if not fields:                  # not before: messages contain each other
            for field in descriptor.fields:
                fields[field.name] = fields[field.camelcase_name] = (field.name, _of(field))
        if not isinstance(value, dict):
            raise TypeError(f"{descriptor.name} is not an object")
        found = {}
        for key, sent in value.items():
            if sent is not None and key in fields:
                name, convert = fields[key]
                found[name] = convert(sent)
        return found

    return read


def _of(field: Any) -> Read:
    one = _of_one(field)
    if not field.is_repeated:
        return one

    def several(values: Any) -> list[Any]:
        if not isinstance(values, list):
            raise TypeError(f"{field.camelcase_name} is not a list")
        return [one(value) for value in values]

    return several


def _of_one(field: Any) -> Read:
    if field.message_type:
        return _reader(field.message_type)
    if field.type == _BYTES:
        size = _ID_BYTES.get(field.name)
        return (lambda value: _id(value, size)) if size else _bytes
    if field.type == _ENUM:
        names = {value.name: value.number for value in field.enum_type.values}
        return lambda value: _enum(value, names)
    return {_STRING: _text, _BOOL: _truth, _DOUBLE: _number, _FLOAT: _number}.get(field.type, _whole)


def _enum(value: Any, names: Mapping[str, int]) -> int:
    """One that nobody knows is left out, as protobuf's JSON leaves it out."""
    if isinstance(value, str) and not value.removeprefix("-").isdecimal():
        return names.get(value, 0)
    number = _whole(value)
    return number if abs(number) < _INT32 else 0


def _id(value: Any, size: int) -> bytes:
    """Base64 is longer than half as many bytes in hex digits, and ends with `=` for both sizes of an id."""
    if value.endswith("=") and len(found := _bytes(value)) == size:
        return found
    try:
        return bytes.fromhex(value) if " " not in value else bytes.fromhex("x")
    except ValueError:
        raise ValueError("an id that is not hex digits") from None


def _bytes(value: Any) -> bytes:
    text = value.replace("-", "+").replace("_", "/").rstrip("=")
    return b64decode(text + "=" * (-len(text) % 4), validate=True)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("a number is expected")
    if isinstance(value, str) and not value.removeprefix("-").isdecimal():
        value = float(value)
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"{value} is not a whole number")
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("a number is expected")
    return _WORDS[value] if value in _WORDS else float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is expected")
    return value
