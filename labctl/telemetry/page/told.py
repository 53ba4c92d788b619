"""What the overview shows of what the viewer was told: load runs, findings of `labctl why`, faults, rollouts, and alerts.

    GET /api/page/told
    {"runs": [{"run_id", "title", "begin", "end", "told", "planned", "sent", "answered", "failed", "rate", "p50_ms", "p99_ms",
               "latency_count", "missed": ["p99 < 200 ms", …], "lost": [{"hop", "spans"}] | null, "expected_spans"}, …],
     "findings": {"at", "title", "healthy", "changed": <whether a fault or a rollout began or ended since>,
                  "findings": [{"kind", "component", "message", "remedy"}, …]} | null,
     "faults": [{"title", "secret", "begin", "until"}, …], "rollouts": [{"title", "begin", "end"}, …],
     "alerts": [{"name", "severity", "summary", "since"}, …]}

Subtle: whoever may send can tell anything, so each value is taken only where it is of its kind; others are null.
"""

from collections.abc import Mapping
from typing import Any, Final

from labctl.telemetry.page.load_runs.losses import LONGEST, MOST_NUMBER, as_of_now, lost_by_hop
from labctl.telemetry.receive import alerts, annotations
from labctl.telemetry.store.store import Store

MOST: Final = 5
MOST_FAULTS: Final = 20                 # that go on


def state(store: Store) -> str:
    """Another one when there is something else to tell."""
    # by row ids, which what is told anew has new ones of: the columns stand behind data that can be large
    last = "SELECT {} FROM {} ORDER BY rowid DESC LIMIT 1"
    columns = [last.format(*one) for one in (("rowid", "annotations"), ("told", "annotations"), ("received", "alerts"))]
    [row] = store.read(f"SELECT ({'), ('.join(columns)}), (SELECT count(*) FROM annotations)")
    return "/".join(map(str, row))


def told(store: Store) -> dict[str, Any]:
    return {
        "runs": [_run(store, one) for one in annotations.latest(store, "run", MOST)], "findings": _findings(store),
        "faults": [{"title": one["title"], "secret": one["data"].get("secret") is True, "begin": one["begin"],
                    "until": _number(one["data"], "until")}
                   for one in annotations.latest(store, "fault", MOST_FAULTS, going_on=True)],
        "rollouts": [{"title": one["title"], "begin": one["begin"], "end": one["end"]}
                     for one in annotations.latest(store, "rollout", MOST)],
        "alerts": [_alert(one) for one in alerts.listed(store)["alerts"] if one["ended"] is None],
    }


def _run(store: Store, one: dict[str, Any]) -> dict[str, Any]:
    data = one["data"]
    summary, ledger = _table(data, "summary"), as_of_now(store, one["key"], _table(data, "ledger"))
    along = summary or data
    latency = _table(summary, "latency") or _table(data, "latency_ms")
    answered = _number(data, "answered") if not summary else _plus(_number(summary, "successful"), _number(summary, "failed"))
    return {
        "run_id": _text(data, "run_id"), "title": one["title"], "begin": one["begin"], "end": one["end"], "told": one["told"],
        "planned": _number(along, "planned"), "sent": _number(along, "sent"), "answered": answered,
        "failed": _number(along, "failed"), "rate": _number(summary, "rate") if summary else _number(data, "answer_rate"),
        "p50_ms": _number(latency, "p50"), "p99_ms": _number(latency, "p99"),
        "latency_count": _number(latency, "count"),
        "missed": [_text(verdict, "threshold") for verdict in _list(data, "slo") if verdict.get("met") is False],
        "lost": lost_by_hop(ledger),
        "expected_spans": _number(ledger, "expected_spans"),
    }


def _findings(store: Store) -> dict[str, Any] | None:
    for one in annotations.latest(store, "findings", 1):
        data = one["data"]
        return {
            "at": one["begin"], "title": one["title"], "healthy": data.get("healthy") is True,
            "changed": any(changed["begin"] > one["begin"] or (changed["end"] or 0) > one["begin"]
                           for kind in ("fault", "rollout") for changed in annotations.latest(store, kind, MOST_FAULTS)),
            "findings": [{name: _text(found, name) for name in ("kind", "component", "message", "remedy")}
                         for found in _list(data, "findings")[:MOST]],
        }
    return None


def _alert(one: dict[str, Any]) -> dict[str, Any]:
    labels = one["labels"]
    return {"name": labels.get("alertname", ""), "severity": labels.get("severity", ""), "since": one["started"],
            "summary": one["annotations"].get("summary", "")}


def _table(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _list(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = data.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _number(data: Mapping[str, Any], name: str) -> float | None:
    found = data.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= MOST_NUMBER else None


def _plus(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _text(data: Mapping[str, Any], name: str) -> str:
    found = data.get(name)
    return found[:LONGEST] if isinstance(found, str) else ""
