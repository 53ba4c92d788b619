"""Alertmanager's webhook: which alerts fire and which are resolved, version 4 of its JSON.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. An alert is known by its labels' fingerprint and its
beginning; what is told later of the same alert takes the place of what was told before. An invalid alert is refused by itself.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from labctl.telemetry.http.messages import HttpRequest, Reply
from labctl.telemetry.otlp.batch import LATEST, Batch, Malformed, RefusedItem
from labctl.telemetry.otlp.resource import Sender
from labctl.telemetry.receive import posted_json
from labctl.telemetry.receive.posted_json import parsed
from labctl.telemetry.store.store import Store

PATH: Final = "/api/alerts"
VERSION: Final = "4"
MOST_ALERTS: Final = 1000               # of one request; Alertmanager is told to send at most 100
MOST_BYTES: Final = 16 << 10            # of an alert's labels, and of its annotations
MOST_LISTED: Final = 1000
FIRING, RESOLVED = "firing", "resolved"
_ALERTMANAGER: Final = Sender(b"", "alertmanager", "")


class AlertRow(NamedTuple):
    fingerprint: str
    started: int                        # Unix nanoseconds
    ended: int                          # 0: it fires
    labels: str                         # JSON
    annotations: str
    received: int


def receive(store: Store, request: HttpRequest) -> Reply:
    return posted_json.receive(store, request, decode, "not a notification of Alertmanager")


def decode(body: bytes) -> Batch:
    """Raises Malformed."""
    refused: Counter[str] = Counter()
    now, rows = time.time_ns(), []
    for alert in _alerts(body):
        try:
            rows.append(_row(alert, now))
        except RefusedItem as error:
            refused[str(error)] += 1
    return Batch("alerts", [(_ALERTMANAGER, rows)], {"alerts": len(rows)}, refused)


def _alerts(body: bytes) -> list[Any]:
    found = parsed(body)
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise Malformed(f"its version is not {VERSION}")
    alerts = found.get("alerts")
    if not isinstance(alerts, list) or not 1 <= len(alerts) <= MOST_ALERTS:
        raise Malformed(f"alerts has to be a list of 1 to {MOST_ALERTS}")
    return alerts


def _row(alert: Any, now: int) -> AlertRow:
    """Raises RefusedItem."""
    if not isinstance(alert, dict) or alert.get("status") not in {FIRING, RESOLVED}:
        raise RefusedItem(f"an alert whose status is neither {FIRING} nor {RESOLVED}")
    fingerprint = alert.get("fingerprint")
    if not isinstance(fingerprint, str) or not re.fullmatch("[0-9a-f]{1,32}", fingerprint):
        raise RefusedItem("a fingerprint that is not 1 to 32 hex digits")
    ended = _unix_ns(alert.get("endsAt"), "endsAt") if alert["status"] == RESOLVED else 0
    return AlertRow(
        fingerprint, _unix_ns(alert.get("startsAt"), "startsAt"), ended, _texts(alert.get("labels"), "labels"),
        _texts(alert.get("annotations") or {}, "annotations"), now,
    )


def _unix_ns(text: Any, name: str) -> int:
    try:
        at = datetime.fromisoformat(text)
        found = int(at.timestamp() * 1e6) * 1000 if at.tzinfo else 0
    except (TypeError, ValueError, OverflowError):
        found = 0
    if not 0 < found <= LATEST:
        raise RefusedItem(f"{name} is no time as RFC 3339 has it")
    return found


def _texts(value: Any, name: str) -> str:
    """JSON of a table of texts."""
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise RefusedItem(f"{name} that are not texts by name")
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:          # half of a surrogate pair
        raise RefusedItem(f"{name} that are not Unicode") from None
    if size > MOST_BYTES:
        raise RefusedItem(f"{name} of more than {MOST_BYTES} bytes")
    return text


def listed(store: Store) -> dict[str, Any]:
    """The newest first: each with `ended` null while it fires, in Unix seconds."""
    rows = store.read(f"SELECT {', '.join(AlertRow._fields)} FROM alerts ORDER BY started DESC LIMIT {MOST_LISTED}")
    return {"alerts": [
        {
            "fingerprint": row.fingerprint, "started": row.started / 1e9, "ended": row.ended / 1e9 if row.ended else None,
            "labels": json.loads(row.labels), "annotations": json.loads(row.annotations), "received": row.received / 1e9,
        }
        for row in map(AlertRow._make, rows)
    ]}
