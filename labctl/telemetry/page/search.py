"""The traces that a query of the page finds. docs/search.md describes the language; `language/` reads it.

    GET /api/page/traces?query=&service=&before=<cursor>&after=<newest>&limit=
    {"traces": [as `traces.summaries`, …], "before": <cursor> | null at the end, "newest": <row>,
     "searched": <rows looked at>, "left": <not looked at>}

A mistake in a query is answered with 200, here and where else a query is taken:

    {"problem": <what is wrong>, "detail", "begin", "end": <of it in the query, characters>}

`before` goes on from the answer before, to older spans; `after` has what has arrived since that answer.

Subtle: a search may end with a cursor before it has looked at everything: the page shows what was found and goes on from there,
so no search holds up another for long.
"""

from itertools import chain
from typing import Any, Final

from labctl.telemetry.page.backwards import SLICE, RowsWanted, backwards
from labctl.telemetry.page.language.condition import SearchCondition, parsed
from labctl.telemetry.page.language.words import QueryProblem
from labctl.telemetry.query import traces
from labctl.telemetry.store.store import Store

__all__ = ["SearchCondition", "of_roots", "parsed", "search"]
MOST_DECODED: Final = 200_000           # requests of a heatmap whose attributes are looked at
_DECODED_SLICE: Final = 4000            # rows: each takes as long as several others


def of_roots(query: str, store: Store | None = None, begin_ms: int = 0, end_ms: int = 0) -> SearchCondition:
    """Of requests. What the index on them does not have is read of no more than MOST_DECODED of them. Raises QueryProblem."""
    condition = parsed(query, store, of_roots=True)
    if condition.decodes and store:
        [(some,)] = store.read(
            "SELECT count(*) FROM (SELECT 1 FROM spans INDEXED BY roots_by_start WHERE parent_id = x''"
            " AND start >= ? AND start < ? LIMIT ?)", (begin_ms * 10**6, end_ms * 10**6, MOST_DECODED + 1))
        if some > MOST_DECODED:
            raise QueryProblem("too many requests to read the attributes of each", 0, len(query),
                               f"at most {MOST_DECODED:,}: choose a shorter time range, or search in Traces")
    return condition


def search(store: Store, query: str, part: RowsWanted, service: str = "") -> dict[str, Any]:
    """Traces with a span that matches, the ones that arrived last first. Raises QueryProblem."""
    condition = parsed(query, store)
    if service:
        condition.add("resource IN (SELECT id FROM resources WHERE service = ?)", service)
    found = backwards(store, "spans", part, lambda lower, upper: _matching(store, condition, lower, upper),
                      _DECODED_SLICE if condition.decodes else SLICE)
    return {"traces": traces.summaries(store, found.items), **found.progress()}


def _matching(store: Store, condition: SearchCondition, lower: int, upper: int) -> list[tuple[int, bytes]]:
    """Rows above `lower` up to `upper`, the last first."""
    query = f"SELECT rowid, trace_id FROM spans NOT INDEXED WHERE rowid > ? AND rowid <= ?{condition.sql} ORDER BY rowid DESC"
    return list(chain.from_iterable(store.batches(query, (lower, upper, *condition.values))))
