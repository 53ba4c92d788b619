"""Load runs, as the store can tell them: requests of labctl whose trace ids begin alike; the newest first.

    GET /api/page/runs
    {"runs": [{"prefix": "<16 hex digits>", "begin": ms, "end": ms, "requests", "errors", "p50", "p99", "max"}, …]}

What the generator alone knows (what it planned, what got no answer, its verdict) is in the kept run, of which the viewer knows
nothing.
"""

from typing import Any, Final

from labctl.telemetry.page import roots
from labctl.telemetry.page.search import SearchCondition
from labctl.telemetry.store.store import Store

CLIENT: Final = "labctl"                # the service name of the load generator's spans
CHECK: Final = b"\x1a\xbc\x71\x00" * 2          # how the trace ids of `labctl up` begin, which are no run
LEAST: Final = 2                        # requests: one alone is no run either
MOST: Final = 50


def runs(store: Store) -> dict[str, Any]:
    rows = store.read(
        "SELECT substr(trace_id, 1, 8) AS prefix, min(start), max(start), count(*) FROM spans INDEXED BY roots_by_start"
        " WHERE parent_id = x'' AND resource IN (SELECT id FROM resources WHERE service = ?) AND substr(trace_id, 1, 8) <> ?"
        " GROUP BY prefix HAVING count(*) >= ? ORDER BY max(start) DESC LIMIT ?", (CLIENT, CHECK, LEAST, MOST),
    )
    return {"runs": [_run(store, prefix.hex(), begin // 10**6, last // 10**6 + 1) for prefix, begin, last, _ in rows]}


def _run(store: Store, prefix: str, begin: int, end: int) -> dict[str, Any]:
    condition = SearchCondition()
    condition.add("trace_id BETWEEN ? AND ?", bytes.fromhex(prefix.ljust(32, "0")), bytes.fromhex(prefix.ljust(32, "f")))
    [column] = roots.heatmap(store, roots.Times(begin, end, end - begin), condition)["columns"]
    found = {name: column[name] for name in ("errors", "p50", "p99", "max")}
    return {"prefix": prefix, "begin": begin, "end": end, "requests": column["count"], **found}
