"""What queries ask of encoded spans, Resources and log records: whether they have an attribute, events, and how severe they are.

SQLite calls these for rows: they raise nothing, and decode no more of an encoding than they need.
"""

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.attributes import encoded_table, table
from labctl.telemetry.otlp.messages import message, text

ATTRIBUTE: Final = "attribute"          # of the span
EVENT_ATTRIBUTE: Final = "event attribute"
EVENT: Final = "event"                  # its name
MESSAGE: Final = "message"              # of the status
MOST_EVENTS: Final = 1000
_UNDECODABLE = (DecodeError, RecursionError)


def span_has(raw: bytes, what: str, key: str, operator: str, value: str) -> bool:
    """`what` is one of the four above; `key` is an attribute's, else empty."""
    try:
        if what == ATTRIBUTE:
            pairs = partial_messages.SpanAttributes.FromString(raw).attributes
            return _pairs_have(pairs, key, operator, value)
        return any(holds(found, operator, value) for found in _of_whole(raw, what, key))
    except _UNDECODABLE:
        return False


def resource_has(encoded: bytes, key: str, operator: str, value: str) -> bool:
    try:
        return _pairs_have(partial_messages.ResourceAttributes.FromString(encoded).attributes, key, operator, value)
    except _UNDECODABLE:
        return False


def _pairs_have(pairs: Iterable[bytes], key: str, operator: str, value: str) -> bool:
    wanted = key.encode(errors="replace")
    found = encoded_table(pair for pair in pairs if wanted in pair)
    return key in found and holds(found[key], operator, value)


def _of_whole(raw: bytes, what: str, key: str) -> Iterable[Any]:
    whole = message("trace.v1.Span").FromString(raw)
    if what == MESSAGE:
        return [text(whole.status.message)] if whole.status.message else []
    if what == EVENT:
        return [text(event.name) for event in whole.events]
    tables = (table(event.attributes) for event in whole.events)
    return [found[key] for found in tables if key in found]


def severity_number(raw: bytes) -> int:
    """Of an encoded log record; 0: not told."""
    try:
        return int(message("logs.v1.LogRecord").FromString(raw).severity_number)
    except _UNDECODABLE:
        return 0


def event_times(raw: bytes) -> str:
    """Unix nanoseconds of a span's events, with spaces between them."""
    try:
        return " ".join(str(event.time_unix_nano) for event in message("trace.v1.Span").FromString(raw).events[:MOST_EVENTS])
    except _UNDECODABLE:
        return ""


def holds(found: Any, operator: str, value: str) -> bool:
    """Of a list, whether one element does. `=` and the comparisons take numbers as numbers, `~` ignores case."""
    if isinstance(found, list):
        return any(holds(one, operator, value) for one in found)
    if isinstance(found, bool):
        found = str(found).lower()
    if operator == "~":
        return value.lower() in str(found).lower()
    if operator in {"=", "!="}:
        same = str(found) == value or (isinstance(found, float | int) and as_number(value) == found)
        return same is (operator == "=")
    number = as_number(value)
    if number is None or not isinstance(found, float | int):
        return False
    return {"<": found < number, "<=": found <= number, ">": found > number, ">=": found >= number}[operator]


def as_number(text_: str) -> float | None:
    try:
        return float(text_)
    except ValueError:
        return None
