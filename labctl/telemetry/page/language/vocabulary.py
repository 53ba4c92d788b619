"""What a query can name: services, spans, attributes and their frequent values, from a sample of what is stored.

Subtle: the sample is of the newest spans and of pieces from all over the table, and limited in rows and bytes: it takes some ten
milliseconds, whatever is stored. What is rare may be missing from it.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import resource
from labctl.telemetry.otlp.attributes import table
from labctl.telemetry.otlp.messages import message, text
from labctl.telemetry.store.store import Store

NEWEST, PIECES, OF_A_PIECE = 400, 16, 50        # spans
MOST_RESOURCES: Final = 200
MOST_ENCODED: Final = 131_072           # bytes; larger ones are left out
MOST_BYTES: Final = 1 << 20             # of one piece
MOST_KEYS, MOST_VALUES = 500, 100
LONGEST: Final = 100                    # characters of a key or value that is offered
KEPT_S: Final = 10.0


@dataclass(slots=True)
class Vocabulary:
    """Values with how often they were seen, by key."""

    spans: int = 0                      # that were looked at
    is_all: bool = False                # all that are stored, and all of each
    services: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    roots: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    attributes: dict[str, Counter[str]] = field(default_factory=dict)
    of_resources: dict[str, Counter[str]] = field(default_factory=dict)
    of_events: dict[str, Counter[str]] = field(default_factory=dict)


class Vocabularies:
    """The vocabulary of now, or of KEPT_S ago."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept, self._until = Vocabulary(), 0.0

    def now(self) -> Vocabulary:
        with self._lock:
            if time.monotonic() >= self._until:
                self._kept, self._until = sampled(self._store), time.monotonic() + KEPT_S
            return self._kept


def sampled(store: Store) -> Vocabulary:
    found = Vocabulary()
    of_resources = f"SELECT service, encoded FROM resources WHERE length(encoded) < {MOST_ENCODED} ORDER BY id DESC LIMIT ?"
    [(stored,)] = store.read("SELECT count(*) FROM (SELECT 1 FROM spans LIMIT ?)", (NEWEST + 1,))
    [(all_resources,)] = store.read("SELECT count(*) FROM resources")
    found.is_all = stored <= NEWEST
    resources = store.read(of_resources, (MOST_RESOURCES,))
    for service, encoded in resources:
        _count(found.services, service)
        _add(found.of_resources, resource.attributes(encoded))
    for name, parent, raw in _rows(store):
        found.spans += 1
        found.is_all &= bool(raw)
        _count(found.names, name)
        if not parent:
            _count(found.roots, name)
        _read(found, raw)
    found.is_all &= found.spans == stored and len(resources) == all_resources
    found.is_all &= all(len(one) < MOST_KEYS for one in (found.attributes, found.of_resources, found.of_events))
    return found


def _rows(store: Store) -> Iterator[Any]:
    newest, oldest = (store.read(f"SELECT coalesce({end}(rowid), 0) FROM spans")[0][0] for end in ("max", "min"))
    step = max((newest - oldest) // PIECES, OF_A_PIECE)
    for upper, rows in ((newest, NEWEST), *((upper, OF_A_PIECE) for upper in range(newest - NEWEST, oldest, -step))):
        found, _ = store.read_some(
            f"SELECT name, parent_id, iif(length(raw) < {MOST_ENCODED}, raw, x'') FROM spans"
            " WHERE rowid <= ? ORDER BY rowid DESC LIMIT ?", (upper, rows), MOST_BYTES)
        yield from found


def _read(found: Vocabulary, raw: bytes) -> None:
    try:
        span = message("trace.v1.Span").FromString(raw)
        _add(found.attributes, table(span.attributes))
        for event in span.events:
            _count(found.events, text(event.name))
            _add(found.of_events, table(event.attributes))
    except (DecodeError, RecursionError):
        return


def _add(to: dict[str, Counter[str]], attributes: dict[str, Any]) -> None:
    for key, value in attributes.items():
        if key in to or (len(to) < MOST_KEYS and 0 < len(key) <= LONGEST):
            counter = to.setdefault(key, Counter())
            for one in _texts(value):
                _count(counter, one)


def _texts(value: Any) -> Iterable[str]:
    match value:
        case bool():
            return (str(value).lower(),)
        case list():
            return (one for one in value if isinstance(one, str))
        case str() | int() | float():
            return (str(value),)
    return ()


def _count(counter: Counter[str], value: str) -> None:
    if value in counter or (len(counter) < MOST_VALUES and 0 < len(value) <= LONGEST):
        counter[value] += 1
