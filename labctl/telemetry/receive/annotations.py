"""What labctl tells of the lab, for the page to show beside its telemetry: load runs, faults, rollouts, and findings of `why`.

    POST /api/annotations    one, or a list of them:
    {"kind": "run" | "fault" | "rollout" | "findings", "key", "begin": <Unix s>, "end": <Unix s> | null, "title", "data": {…}}

    GET /api/annotations?begin=<Unix s>&end=<Unix s>&kind=&key=&data=no
    {"annotations": [{…, "told": <Unix s>}, …], "left_out": <how many more there are>}    those that overlap, the last told first

One of the same kind and key takes the place of what was told before. `end` null: it goes on, or whoever told it was ended before
it could tell that: `told` says when it was last heard of. An invalid one is refused by itself.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, NamedTuple

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.http.parameters import Parameters, number
from labctl.telemetry.otlp.batch import Batch, Malformed, RefusedItem
from labctl.telemetry.otlp.resource import Sender
from labctl.telemetry.receive import posted_json
from labctl.telemetry.receive.posted_json import parsed
from labctl.telemetry.store.store import Store

PATH: Final = "/api/annotations"
KINDS: Final = ("run", "fault", "rollout", "findings")
MOST: Final = 100                       # of one request
MOST_BYTES: Final = 256 << 10           # of one's data
MOST_ANSWERED: Final = 16 << 20         # bytes of data in one answer
LATEST_S: Final = 9e9                   # Unix seconds
_LONGEST: Final = {"key": 200, "title": 500}            # characters
_LABCTL: Final = Sender(b"", "labctl", "")


class AnnotationRow(NamedTuple):
    kind: str
    key: str
    begun: float                        # Unix seconds
    ended: float | None
    title: str
    data: str                           # JSON
    told: float


def receive(store: Store, request: HttpRequest) -> Reply:
    return posted_json.receive(store, request, decode, "not an annotation")


def decode(body: bytes) -> Batch:
    """Raises Malformed."""
    found = parsed(body)
    told = found if isinstance(found, list) else [found]
    if not 1 <= len(told) <= MOST:
        raise Malformed(f"expected 1 to {MOST} annotations")
    return _batch(told, partial(_row, now=time.time()))


def of_a_file(told: list[Any], until: float | None) -> Batch:
    """As they were told then: none goes on now. `until`: when the file's telemetry ends, which a fault went on to."""
    found = _batch(told, partial(_row_of_a_file, now=time.time(), until=until or 0.0))
    found.is_loaded = True
    return found


def _batch(told: list[Any], row: Callable[[Any], AnnotationRow]) -> Batch:
    refused: Counter[str] = Counter()
    rows = list[AnnotationRow]()
    for one in told:
        try:
            rows.append(row(one))
        except RefusedItem as error:
            refused[str(error)] += 1
    return Batch("annotations", [(_LABCTL, rows)], {"annotations": len(rows)}, refused)


def _row_of_a_file(one: Any, now: float, until: float) -> AnnotationRow:
    """Raises RefusedItem."""
    row = _row(one, now)
    told = min(now, _time(one, "told") if "told" in one else row.begun if row.ended is None else row.ended)
    end = max(told, min(until, now)) if row.kind == "fault" else told
    return row._replace(told=told, ended=max(end, row.begun) if row.ended is None else row.ended)


def _row(one: Any, now: float) -> AnnotationRow:
    """Raises RefusedItem."""
    if not isinstance(one, dict) or one.get("kind") not in KINDS:
        raise RefusedItem(f"kind must be one of {', '.join(KINDS)}")
    begun, ended = _time(one, "begin"), None if one.get("end") is None else _time(one, "end")
    if ended is not None and ended < begun:
        raise RefusedItem("end must not be before begin")
    return AnnotationRow(one["kind"], _text(one, "key"), begun, ended, _text(one, "title"), _data(one.get("data", {})), now)


def _time(one: dict[str, Any], name: str) -> float:
    value = one.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LATEST_S:
        raise RefusedItem(f"{name} must be a time in Unix seconds")
    return float(value)


def _text(one: dict[str, Any], name: str) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST[name] or not _is_unicode(value):
        raise RefusedItem(f"{name} must be a text of 1 to {_LONGEST[name]} characters")
    return value


def _is_unicode(text: str) -> bool:
    """Without half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _data(value: Any) -> str:
    if not isinstance(value, dict):
        raise RefusedItem("data must be an object")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except (ValueError, RecursionError):                # infinity, half of a surrogate pair, too deep
        raise RefusedItem("data must be valid JSON") from None
    if size > MOST_BYTES:
        raise RefusedItem(f"data must have at most {MOST_BYTES >> 10} KiB")
    return text


def asked(store: Store, wanted: Parameters) -> dict[str, Any]:
    """The answer to a query. Raises HTTPProblem."""
    begin, end = (number(wanted, name, LATEST_S) for name in ("begin", "end"))
    if wanted.get("kind", "") not in {"", *KINDS}:
        raise HTTPProblem(400, f"kind must be one of {', '.join(KINDS)}")
    if wanted.get("data", "yes") not in {"yes", "no"}:
        raise HTTPProblem(400, "data must be yes or no")
    return listed(
        store, begin=begin or 0.0, end=LATEST_S if end is None else end, kind=wanted.get("kind", ""), key=wanted.get("key", ""),
        with_data=wanted.get("data") != "no",
    )


def listed(
    store: Store, *, begin: float = 0.0, end: float = LATEST_S, kind: str = "", key: str = "", with_data: bool = True,
) -> dict[str, Any]:
    """Those that overlap, of one kind and key where they are given; of the last told as many as one answer holds."""
    where = ("begun <= ? AND coalesce(ended, ?) >= ? AND (? = '' OR kind = ?) AND (? = '' OR key = ?)",
             (end, LATEST_S, begin, kind, kind, key, key))
    found, more = _read(store, f"{where[0]} ORDER BY rowid DESC", where[1], "data" if with_data else "'{}'")
    every = store.read(f"SELECT count(*) FROM annotations WHERE {where[0]}", where[1])[0][0] if more else len(found)
    return {"annotations": found, "left_out": max(every - len(found), 0)}


def latest(store: Store, kind: str, most: int, *, going_on: bool = False) -> list[dict[str, Any]]:
    """Those that began last; of all, or of those that have not ended."""
    # chosen without their data, which can be large
    chosen = (f"SELECT rowid FROM annotations WHERE kind = ?{' AND ended IS NULL' if going_on else ''}"
              f" ORDER BY begun DESC, rowid DESC LIMIT {most}")
    return _read(store, f"rowid IN ({chosen}) ORDER BY begun DESC, rowid DESC", (kind,))[0]


def _read(store: Store, which: str, values: Iterable[Any], data: str = "data") -> tuple[list[dict[str, Any]], bool]:
    """As many as one answer holds, and whether there are more."""
    rows, more = store.read_some(
        f"SELECT kind, key, begun, ended, title, told, {data} FROM annotations WHERE {which}", values, MOST_ANSWERED)
    return [
        {"kind": kind, "key": key, "begin": begun, "end": ended, "title": title, "told": told, "data": json.loads(text)}
        for kind, key, begun, ended, title, told, text in rows
    ], more
