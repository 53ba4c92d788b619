"""What labctl told the viewer of a load run: how many of its spans were lost, by the ledger, and at what rate it was planned.

Of a ledger that misses spans, what has arrived since is taken off: which hop a late span had been missing at is not known.

GET /api/page/losses/<run id, or the id of a trace of the run>
{"lost", "later", "expected"} | null where it was not told; `later`: neither stored nor lost when the ledger was made
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeGuard

from labctl.telemetry.query.counts import run_span_count
from labctl.telemetry.store.store import Store

LEDGER: Final = "iif(json_type(data, '$.ledger') = 'object', json_extract(data, '$.ledger'), '{}')"
MOST_NUMBER: Final = 10**13             # none that is told is larger, and a page can show it
LONGEST: Final = 2000                   # characters of a text
_RUN_ID: Final = 16                     # hex digits, with which the trace ids of a run begin


@dataclass(frozen=True, slots=True)
class RunLosses:
    lost: int
    later: int
    expected: int

    @property
    def missing(self) -> int:
        return self.lost + self.later

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def of_run(store: Store, run_id: str) -> RunLosses | None:
    """Whoever may send can tell anything: what is no number is not told."""
    ledger = told_ledger(store, run_id)
    values = [ledger.get(name) for name in ("lost_spans", "not_stored_yet", "expected_spans")]
    lost, later, expected = (value if _is_count(value) else None for value in values)
    return None if lost is None or expected is None else RunLosses(lost, later or 0, expected)


def told_ledger(store: Store, run_id: str) -> Mapping[str, Any]:
    """As of now; empty where it was not told."""
    found = store.read(f"SELECT {LEDGER} FROM annotations WHERE kind = 'run' AND key = ?", (run_id[:_RUN_ID],))
    return as_of_now(store, run_id, json.loads(found[0][0])) if found else {}


def as_of_now(store: Store, run_id: str, ledger: Mapping[str, Any]) -> Mapping[str, Any]:
    """With `arrived` where more of the run is stored than when the ledger was made; what is lost is then at most what it says."""
    names = ("spans", "other_spans", "expected_spans", "lost_spans", "not_stored_yet")
    values = [value for name in names if _is_count(value := ledger.get(name))]
    if len(values) < len(names) or not any(values[-2:]) or not re.match(f"[0-9a-f]{{{_RUN_ID}}}", run_id):
        return ledger
    spans, other, expected, lost, later = values
    arrived = run_span_count(store, run_id[:_RUN_ID])["spans"] - spans - other
    if arrived <= 0:
        return ledger
    still_lost = min(lost, max(lost + later - arrived, 0))
    return {
        **ledger, "arrived": arrived, "spans": min(spans + arrived, expected), "lost_spans": still_lost,
        "lost": _at_hops(lost_by_hop(ledger) or [], still_lost), "not_stored_yet": max(later - arrived, 0),
    }


def lost_by_hop(ledger: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """None: there is no ledger yet."""
    if not ledger:
        return None
    found = ledger.get("lost")
    lost = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [{"hop": _hop(one), "spans": spans if _is_count(spans := one.get("spans")) else None} for one in lost]


def _hop(one: Mapping[str, Any]) -> str:
    hop = one.get("hop")
    return hop[:LONGEST] if isinstance(hop, str) else ""


def _at_hops(lost: list[dict[str, Any]], spans: int) -> list[dict[str, Any]]:
    if sum(one["spans"] or 0 for one in lost) <= spans:
        return lost
    return [{"hop": " or ".join(one["hop"] for one in lost), "spans": spans}] if spans else []


def planned_rate(store: Store, run_id: str) -> float | None:
    """Requests per second; None where none was planned or told."""
    query = ("SELECT coalesce(json_extract(data, '$.summary.target_rate'), json_extract(data, '$.rate')) FROM annotations"
             " WHERE kind = 'run' AND key = ?")
    found = store.read(query, (run_id[:_RUN_ID],))
    rate = found[0][0] if found else None
    return float(rate) if isinstance(rate, int | float) and rate > 0 else None


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_NUMBER
