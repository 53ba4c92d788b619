"""What is stored in all: what the overview of `labctl view` shows, where nothing is live.

    GET /api/page/stored
    {"requests", "spans", "log_records", "data_points": each {"count", "begin", "end"}, "requests" also "failed"}

Begin and end are when the first and the last began, in Unix seconds, null without any. Requests are root spans, without those of
`labctl up`. What has no time, as some log records, counts without it.
"""

from typing import Any, Final

from labctl.telemetry.store.store import Store

_COUNTED: Final = {
    "spans": "SELECT count(*), min(start), max(start) FROM spans",
    "log_records": "SELECT count(*), min(nullif(time, 0)), max(nullif(time, 0)) FROM logs",
    "data_points": "SELECT count(*), min(nullif(time, 0)), max(nullif(time, 0)) FROM points",
}
_REQUESTS: Final = (
    "SELECT count(*), min(start), max(start), sum(error) FROM spans INDEXED BY roots_by_start"
    " WHERE parent_id = x'' AND name != ?")


def stored(store: Store, up: str) -> dict[str, Any]:
    [(*requests, failed)] = store.read(_REQUESTS, (up,))
    return {
        "requests": {**_counted(*requests), "failed": failed or 0},
        **{signal: _counted(*store.read(query)[0]) for signal, query in _COUNTED.items()},
    }


def _counted(count: int, begin: int | None, end: int | None) -> dict[str, Any]:
    return {"count": count, "begin": None if begin is None else begin / 1e9, "end": None if end is None else end / 1e9}
