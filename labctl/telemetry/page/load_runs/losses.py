"""What labctl told the viewer of a load run: how many of its spans were lost, by the ledger, and at what rate it was planned.

GET /api/page/losses/<run id, or the id of a trace of the run>
{"lost", "later", "expected"} | null where it was not told; `later`: neither stored nor lost when the ledger was made
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl.telemetry.store.store import Store

LEDGER: Final = "iif(json_type(data, '$.ledger') = 'object', json_extract(data, '$.ledger'), '{}')"
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
    found = store.read(f"SELECT {LEDGER} FROM annotations WHERE kind = 'run' AND key = ?", (run_id[:_RUN_ID],))
    ledger = json.loads(found[0][0]) if found else {}
    values = [ledger.get(name) for name in ("lost_spans", "not_stored_yet", "expected_spans")]
    lost, later, expected = (value if _is_count(value) else None for value in values)
    return None if lost is None or expected is None else RunLosses(lost, later or 0, expected)


def planned_rate(store: Store, run_id: str) -> float | None:
    """Requests per second; None where none was planned or told."""
    query = ("SELECT coalesce(json_extract(data, '$.summary.target_rate'), json_extract(data, '$.rate')) FROM annotations"
             " WHERE kind = 'run' AND key = ?")
    found = store.read(query, (run_id[:_RUN_ID],))
    rate = found[0][0] if found else None
    return float(rate) if isinstance(rate, int | float) and rate > 0 else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
