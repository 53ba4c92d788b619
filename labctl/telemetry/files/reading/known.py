"""What of a batch is stored already in another encoding: a span or record from the collector differs in bytes from its JSON.

The store itself tells rows apart by a hash of their encoding.
"""

from collections.abc import Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp.batch import Batch
from labctl.telemetry.otlp.messages import message
from labctl.telemetry.store.store import Store

_TOGETHER: Final = 500                  # times in one query
# table, its time, name of the message, and where time and encoding stand in a row of the batch
_TABLES: Final = {"traces": ("spans", "start", "trace.v1.Span", 5, 8), "logs": ("logs", "time", "logs.v1.LogRecord", 0, 5)}


def leave_out(store: Store, batch: Batch) -> int:
    """Takes it out of the batch; returns how many items that were."""
    if batch.signal not in _TABLES:
        return 0
    table, column, name, time, raw = _TABLES[batch.signal]
    times = sorted({row[time] for _, rows in batch.groups for row in rows})
    if not times:
        return 0
    before = batch.items
    # most files are of a time of which nothing is stored
    if not store.read(f"SELECT 1 FROM {table} WHERE {column} BETWEEN ? AND ? LIMIT 1", (times[0], times[-1])):
        return 0
    found = {_plain(name, encoded) for encoded in _stored(store, table, column, times)}
    batch.groups = [(sender, [row for row in rows if bytes(row[raw]) not in found]) for sender, rows in batch.groups]
    return before - batch.items


def _stored(store: Store, table: str, column: str, times: Sequence[int]) -> list[bytes]:
    found = list[bytes]()
    for first in range(0, len(times), _TOGETHER):
        some = times[first:first + _TOGETHER]
        marks = ", ".join("?" * len(some))
        found += [row[0] for row in store.read(f"SELECT raw FROM {table} WHERE {column} IN ({marks})", some)]
    return found


def _plain(name: str, encoded: bytes) -> bytes:
    """Encoded as what is read from JSON is."""
    kind: Any = message(name)
    try:
        return bytes(kind.FromString(encoded).SerializeToString())
    except (DecodeError, RecursionError):
        return encoded
