"""What the viewer knows of the lab at this moment: who sends, how much, and what was refused or could not be written."""

import time
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.hops.pipeline import Pipeline
from labctl.telemetry.http.guard import Guard
from labctl.telemetry.page import roots, told
from labctl.telemetry.query import services
from labctl.telemetry.receive.intake import Intake
from labctl.telemetry.receive.intake_counts import received
from labctl.telemetry.store.store import Store

UP: Final = "labctl up"                 # its test request is not counted


@dataclass(frozen=True, slots=True)
class Sources:
    store: Store
    intake: Intake
    guard: Guard
    pipeline: Pipeline


def now(sources: Sources, wait_s: float = 0.0) -> dict[str, Any]:
    """Counts since `started`; rates are the difference of two of these. Waits so long for what the others of the lab say."""
    store, at = sources.store, time.time()
    last = {table: store.read(f"SELECT coalesce(max(rowid), 0) FROM {table}")[0][0] for table in ("spans", "logs")}
    return {
        "at": at, "pipeline": sources.pipeline.seen(at, wait_s), "told": told.state(store),
        **received(sources.intake), "volume": _volume(sources.intake),
        "latest": sources.intake.volume.latest(), "services": services.stored(store),
        "last_row": last["spans"], "last_log": last["logs"],
        "last_request": roots.last_request(store, at, UP),
        "store": {
            "bytes": store.size(), "most_bytes": store.bounds.size, "most_age_s": store.bounds.age_s,
            "cannot_write": store.cannot_write, "put_aside": store.put_aside,
        },
        "unauthorised": sources.guard.refusals.counts(),
    }


def _volume(intake: Intake) -> dict[str, Any]:
    """By signal and service."""
    return {signal: found["services"] for signal, found in intake.volume.as_json().items()}
