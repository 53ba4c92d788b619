"""Spans with times and attributes, many at a time and in columns, for whoever compares them.

    GET /api/spans?run=<first hex digits of trace ids>&since=<Unix s>&share=<0 to 1>&after=<cursor>&limit=<rows>
    {"trace_ids": "<32 hex digits a span>", "span_ids": "<16 each>", "parent_ids": "<16 each, zeros at a root>",
     "starts": [Unix ns, …], "durations": [ns, …], "errors": [0 | 1, …],
     "origins": [<index into `origins_table`>, …], "attributes": [[<index into `pairs`>, …], …],
     "origins_table": [{"service", "name", "kind", "resource": {…}}, …], "pairs": [[key, value], …],
     "after": "<cursor of the next page>" | null after the last one}

`share` thins by whole traces. Equal attributes are decoded and sent once a page, which is what makes a hundred thousand spans a
matter of a second. A page follows the index on trace ids, so a trace may lie on two pages.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import partial_messages, resource
from labctl.telemetry.otlp.attributes import encoded_table
from labctl.telemetry.query.ids import id_range
from labctl.telemetry.query.names import kind_name
from labctl.telemetry.store.store import Store

MOST_ROWS: Final = 20_000
MOST_BYTES: Final = 32 << 20             # of the spans of one page, as they were sent
CURSOR: Final = re.compile(r"(\d{1,15})-([0-9a-f]{32})-(\d{1,18})")
_FIRST: Final = (0, bytes(16), 0)
_NO_PARENT: Final = bytes(8)
_BYTE: Final = 256
_MOST_TEXT: Final = 200                 # characters of an attribute's value: enough to tell values apart
Cursor = tuple[int, bytes, int]         # part, trace id, row


@dataclass(frozen=True, slots=True)
class SpanQuery:
    prefix: str = ""
    since_ns: int = 0                   # only what was stored, and has begun, since then
    share: float = 1.0
    after: Cursor = _FIRST
    limit: int = MOST_ROWS


def cursor(text: str) -> Cursor | None:
    """None for a text that is not one; "" is the beginning."""
    match = CURSOR.fullmatch(text)
    if not match:
        return None if text else _FIRST
    return int(match[1]), bytes.fromhex(match[2]), int(match[3])


def span_page(store: Store, wanted: SpanQuery) -> dict[str, Any]:
    rows, more = _rows(store, wanted)
    table = SpanTables(store)
    found = {
        "trace_ids": b"".join([row[2] for row in rows]).hex(), "span_ids": b"".join([row[3] for row in rows]).hex(),
        "parent_ids": b"".join([row[4] or _NO_PARENT for row in rows]).hex(),
        "starts": [row[5] for row in rows], "durations": [row[6] for row in rows], "errors": [row[7] for row in rows],
        "origins": [table.origin(row[8:11]) for row in rows], "attributes": [table.attributes(row[11]) for row in rows],
    }
    last = rows[-1] if more else None
    after = f"{last[0]}-{last[2].hex()}-{last[1]}" if last else None
    return {**found, "origins_table": table.origins, "pairs": table.pairs, "after": after}


def _rows(store: Store, wanted: SpanQuery) -> tuple[list[Any], bool]:
    """From the page's part, and from those after it until the page is full; whether it is."""
    (part, trace_id, row), low_high = wanted.after, id_range(wanted.prefix)
    thin = "" if wanted.share >= 1 else " AND substr(trace_id, 16) < ?"
    byte = () if wanted.share >= 1 else (bytes([max(int(wanted.share * _BYTE), 1)]),)
    rows, size = list[Any](), 0
    for [one] in store.read(f"SELECT part FROM parts WHERE part >= ? AND {_STORED_SINCE} ORDER BY part", (part, wanted.since_ns)):
        beyond = (max(trace_id, low_high[0]), row) if one == part else (low_high[0], 0)
        found, cut = store.read_some(
            "SELECT part, rowid, trace_id, span_id, parent_id, start, duration, error, resource, name, kind, raw FROM spans"
            f" WHERE part = ? AND trace_id BETWEEN ? AND ? AND (trace_id, rowid) > (?, ?) AND start >= ?{thin}"
            " ORDER BY trace_id, rowid LIMIT ?",
            (one, beyond[0], low_high[1], *beyond, wanted.since_ns, *byte, wanted.limit - len(rows)), MOST_BYTES - size,
        )
        rows, size = rows + found, size + sum(len(row[-1]) for row in found)
        if cut or len(rows) >= wanted.limit or size >= MOST_BYTES:
            return rows, True
    return rows, False


# a part ends where the next one begins
_STORED_SINCE: Final = "coalesce((SELECT begun FROM parts AS next WHERE next.part > parts.part ORDER BY part LIMIT 1) >= ?, 1)"


class SpanTables:
    """What many spans share: where they come from, and their attributes."""

    def __init__(self, store: Store) -> None:
        self.origins: list[dict[str, Any]] = []
        self.pairs: list[tuple[str, Any]] = []
        self._store = store
        self._origin_of: dict[tuple[int, str, int], int] = {}
        self._pair_of: dict[bytes, int] = {}
        self._resources: dict[int, dict[str, Any]] = {}

    def origin(self, row: tuple[int, str, int]) -> int:
        known = self._origin_of.get(row)
        if known is None:
            known = self._origin_of[row] = len(self.origins)
            number, name, kind = row
            found = self._resource(number)
            self.origins.append({**found, "name": name, "kind": kind_name(kind)})
        return known

    def attributes(self, raw: bytes, decode: Any = partial_messages.SpanAttributes.FromString) -> list[int]:
        known, found = self._pair_of, []
        try:
            encoded = decode(raw).attributes
        except DecodeError:
            return []
        for pair in encoded:
            number = known.get(pair)
            found.append(self._new_pair(pair) if number is None else number)
        return found

    def _new_pair(self, pair: bytes) -> int:
        known = self._pair_of[pair] = len(self.pairs)
        [(key, value)] = encoded_table([pair]).items()
        self.pairs.append((key, value if isinstance(value, bool | int | float) else str(value)[:_MOST_TEXT]))
        return known

    def _resource(self, number: int) -> dict[str, Any]:
        if number not in self._resources:
            rows = self._store.read("SELECT encoded, service FROM resources WHERE id = ?", (number,))
            encoded, service = rows[0] if rows else (b"", "")           # it was deleted meanwhile
            attributes = {key: str(value)[:_MOST_TEXT] for key, value in resource.attributes(encoded).items()}
            self._resources[number] = {"service": service, "resource": attributes}
        return self._resources[number]
