"""OTLP's AnyValue and KeyValue as plain Python values that can be written as JSON.

An attribute that cannot be decoded (not a message, nested too deep) does not affect others: its value is shown as U+FFFD.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.messages import message, text

UNREADABLE = "\ufffd"


def value(any_value: Any) -> Any:
    """str, bool, int, float, list, dict, bytes as hex, or None; NaN and the infinities as text, as in OTLP/JSON."""
    kind = any_value.WhichOneof("value")
    if kind is None:
        return None
    found = getattr(any_value, kind)
    convert = _CONVERTERS.get(kind)
    return convert(found) if convert else found


def number(found: float) -> float | str:
    """The number, or "NaN", "Infinity", "-Infinity", as protobuf's JSON writes them."""
    if math.isfinite(found):
        return found
    return "NaN" if math.isnan(found) else "Infinity" if found > 0 else "-Infinity"


def table(pairs: Iterable[Any]) -> dict[str, Any]:
    return {text(pair.key): value(pair.value) for pair in pairs}


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "string_value": text,
    "double_value": number,
    "array_value": lambda found: [value(one) for one in found.values],
    "kvlist_value": lambda found: table(found.values),
    "bytes_value": bytes.hex,
}


def encoded_table(pairs: Iterable[bytes]) -> dict[str, Any]:
    """The same from encoded KeyValues."""
    return dict(_pair(pair) for pair in pairs)


def _pair(encoded: bytes) -> tuple[str, Any]:
    try:
        pair = message("common.v1.KeyValue").FromString(encoded)
        return text(pair.key), value(pair.value)
    except (DecodeError, RecursionError):
        return _key(encoded), UNREADABLE


def _key(encoded: bytes) -> str:
    try:
        return text(partial_messages.KeyValue.FromString(encoded).key)
    except DecodeError:
        return UNREADABLE
