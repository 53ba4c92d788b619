"""A decoded request: rows for the store, and the refused items with the reasons."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.resource import Sender, sender, sender_of

LATEST = (1 << 63) - 1                  # SQLite's largest integer; as Unix nanoseconds it is in the year 2262
TRACE_ID_BYTES, SPAN_ID_BYTES = 16, 8
ITEMS = {"traces": "spans", "metrics": "data points", "logs": "log records", "alerts": "alerts", "annotations": "annotations"}


class Malformed(ValueError):
    """The request is not OTLP, or all its items are invalid: a retry is useless. `refused`: reason → items."""

    def __init__(self, message: str, refused: "Counter[str] | None" = None) -> None:
        super().__init__(message)
        self.refused = refused or Counter({"the request cannot be decoded": 1})


class RefusedItem(ValueError):
    """An invalid item; the message says why. `items` is how many data points, spans or log records it contains."""

    def __init__(self, reason: str, items: int = 1) -> None:
        super().__init__(reason)
        self.items = items


@dataclass(slots=True)
class Batch:
    """One request: rows by sender, the counts for the log line, and the refused items: reason → items."""

    signal: str                         # of ITEMS
    groups: list[tuple[Sender, list[Any]]]
    sizes: dict[str, int]               # "resource spans": 1, "spans": 20
    refused: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0                 # filled in by the store: items that were stored before
    sent: Counter[str] = field(default_factory=Counter)     # the request's bytes as protobuf, by service
    encoded: bytes = b""                # the request as it was sent, where it was protobuf
    is_loaded: bool = False             # annotations of a file: what was told later of the same stays

    @property
    def items(self) -> int:
        """How many spans, data points or log records are accepted."""
        return sum(len(rows) for _, rows in self.groups)

    def why(self) -> str:
        """`2 spans refused: a trace id that is not 16 bytes (1), …`"""
        reasons = ", ".join(f"{reason} ({count})" for reason, count in self.refused.most_common(5))
        return f"{self.refused.total()} of {self.refused.total() + self.items} {ITEMS[self.signal]} refused: {reasons}"


Decode = Callable[[bytes], list[Any]]


def request_of(body: bytes) -> Any:
    """The outer messages of a request. Raises Malformed."""
    try:
        return partial_messages.Request.FromString(body)
    except DecodeError as error:
        raise Malformed(f"not an OTLP request: {error}") from None


def bytes_by_service(request: Any) -> Counter[str]:
    """Together they are the encoded request."""
    found: Counter[str] = Counter()
    for group in request.groups:
        found[sender(group.resource).service] += framed(group.ByteSize())
    return found


def shared_bytes(body: bytes) -> int:
    """The bytes of a request that are not its items': resources and scopes, which every request repeats."""
    items = (item for group in request_of(body).groups for scope in group.scopes for item in scope.items)
    return len(body) - sum(framed(len(item)) for item in items)


def framed(size: int) -> int:
    """With the tag and the length in front of an embedded message: https://protobuf.dev/programming-guides/encoding/."""
    return size + 1 + max(1, -(-size.bit_length() // 7))


def groups_of(request: Any, decode: Decode, refused: Counter[str]) -> list[tuple[Sender, list[Any]]]:
    """The rows of every scope; `decode` gives the rows of one item, and what it refuses is counted in `refused`."""
    return [(sender_of(group, scope), _rows(scope, decode, refused)) for group in request.groups for scope in group.scopes]


def _rows(scope: Any, decode: Decode, refused: Counter[str]) -> list[Any]:
    rows: list[Any] = []
    for item in scope.items:
        try:
            rows += decode(item)
        except RefusedItem as error:
            refused[str(error)] += error.items
        except (DecodeError, RecursionError):
            refused["it cannot be decoded"] += 1
    return rows


def checked_time(time: int) -> int:
    """Raises RefusedItem for a time that the store cannot hold."""
    if time > LATEST:
        raise RefusedItem("a time after the year 2262")
    return time
