"""OTLP's AnyValue and KeyValue as plain Python values."""

from collections.abc import Iterable
from typing import Any


def value(any_value: Any) -> Any:
    """str, bool, int, float, list, dict, hex of bytes, or None."""
    kind = any_value.WhichOneof("value")
    if kind is None:
        return None
    found = getattr(any_value, kind)
    if kind == "array_value":
        return [value(one) for one in found.values]
    if kind == "kvlist_value":
        return table(found.values)
    return found.hex() if kind == "bytes_value" else found


def table(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: value(pair.value) for pair in pairs}
