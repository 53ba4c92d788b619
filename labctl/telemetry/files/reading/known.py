"""What of a batch is stored already in another encoding: what comes from the collector differs in bytes from its JSON.

The store itself tells spans and log records apart by a hash of their encoding, and series by the encoding of their resource.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.files.writing.lines import beginnings
from labctl.telemetry.otlp.batch import Batch
from labctl.telemetry.otlp.messages import message
from labctl.telemetry.otlp.resource import Sender
from labctl.telemetry.store.store import Store

_TOGETHER: Final = 500                  # times in one query
# table, its time, name of the message, and where time and encoding stand in a row of the batch
_TABLES: Final = {"traces": ("spans", "start", "trace.v1.Span", 5, 8), "logs": ("logs", "time", "logs.v1.LogRecord", 0, 5)}


def leave_out(store: Store, batch: Batch) -> int:
    """Takes it out of the batch; returns how many items that were. Points are given to the series of theirs that is stored."""
    if batch.signal == "metrics":
        batch.groups = _of_stored_senders(store, batch.groups)
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


def _of_stored_senders(store: Store, groups: list[tuple[Sender, list[Any]]]) -> list[tuple[Sender, list[Any]]]:
    """With the sender's encoding as it was stored first, so that the store finds its series and their points."""
    senders = [sender for sender, _ in groups]
    rows = store.read(
        "SELECT service, instance, encoded FROM resources WHERE service IN (SELECT value FROM json_each(?))"
        " AND instance IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
        (json.dumps(sorted({one.service for one in senders})), json.dumps(sorted({one.instance for one in senders}))),
    )
    stored = {(service, instance, _written(encoded)): encoded for service, instance, encoded in rows}
    return [(_of_stored_sender(sender, stored), points) for sender, points in groups]


def _of_stored_sender(sender: Sender, stored: dict[tuple[str, str, tuple[str, str]], bytes]) -> Sender:
    found = stored.get((sender.service, sender.instance, _written(sender.encoded)))
    return replace(sender, encoded=bytes(found)) if found else sender


@lru_cache(256)
def _written(encoded: bytes) -> tuple[str, str]:
    """As JSON, which is the same in every encoding."""
    return beginnings(encoded)
