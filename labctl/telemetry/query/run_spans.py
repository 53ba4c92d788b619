"""Every span of a load run, one short row each, for the ledger.

    GET /api/runs/<first hex digits of the trace ids>/spans?after=<cursor>&limit=<rows>
    {"spans": [[trace id, span id, service, name, kind], …], "after": <cursor of the next page>, "more": true | false}

Rows come in the order in which they were stored. `after` begins at 0; a query with the last cursor returns only new rows, so
polling is cheap. A span that was sent twice is one row; two different spans with the same id are two rows. Later deletions do
not show: read from 0 again for a final count.
"""

from typing import Any

from labctl.telemetry.query.ids import OF_A_RUN, id_range
from labctl.telemetry.query.names import kind_name
from labctl.telemetry.store.store import Store

MOST_ROWS, MOST_BYTES = 100_000, 32 << 20        # bytes of names


def run_spans(store: Store, prefix: str, after: int, limit: int) -> dict[str, Any]:
    rows, cut = store.read_some(
        "SELECT spans.rowid, trace_id, span_id, service, kind, name FROM spans JOIN resources ON resources.id = resource"
        f" WHERE {OF_A_RUN} AND spans.rowid > ? ORDER BY spans.rowid LIMIT ?", (*id_range(prefix), after, limit), MOST_BYTES,
    )
    spans = [(trace.hex(), span.hex(), service, name, kind_name(kind)) for _, trace, span, service, kind, name in rows]
    return {"spans": spans, "after": rows[-1][0] if rows else after, "more": cut or len(rows) == limit}
