"""The lab's pipeline as the viewer's page shows it: who answers, what goes from one to the next, what waits, what was lost.

The viewer knows the others only by the addresses that its target has given it, in environment variables. Without them, as where
somebody looks at a file, there is no pipeline. Subtle: what is not known is null, and never 0.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from labctl.telemetry.hops import collector, losses, service
from labctl.telemetry.hops.collector import CollectorCounts
from labctl.telemetry.hops.neighbour import FORGOTTEN_S, Heard, Neighbour
from labctl.telemetry.hops.service import SdkCounts
from labctl.telemetry.store.store import Store

SERVICE_URL, COLLECTOR_METRICS_URL = "SERVICE_URL", "COLLECTOR_METRICS_URL"
EVERY_S: Final = 2.0                    # a reading takes some milliseconds
STALE_S: Final = 15.0                   # what an SDK tells once a second
_RESTARTED_S: Final = 1.5               # by which the start time of the same process may differ


@dataclass(slots=True)
class _Sdks:
    """The last two readings that differ in time."""

    now: dict[str, SdkCounts]
    before: dict[str, SdkCounts]


class Pipeline:
    def __init__(self, store: Store, environment: Mapping[str, str] = os.environ) -> None:
        self._store = store
        urls = [environment.get(name, "") for name in (SERVICE_URL, COLLECTOR_METRICS_URL)]
        self.known = any(urls)
        self._service = Neighbour(f"{urls[0]}/health", lambda text: text) if urls[0] else None
        self._collector = Neighbour(f"{urls[1]}/metrics", collector.read) if urls[1] else None
        self._sdks = _Sdks({}, {})
        self._due = 0.0                 # when they are read again, on the monotonic clock
        self._last: Heard[CollectorCounts] = Heard()
        self._looked = float("-inf")    # on the monotonic clock
        self._restarted_at = 0.0        # when the collector was first heard of after it was seen to restart
        self._noting = threading.Lock()
        self._ended_with = 0            # spans that were in collectors that have ended, when those were last asked

    def seen(self, at: float, wait_s: float = 0.0) -> dict[str, Any] | None:
        """None where the viewer knows of no lab. May wait so long for the first answers. Raises Unavailable."""
        if not self.known:
            return None
        beside, counted = self._heard(wait_s)
        self._read_sdks()
        said = counted.said
        self._note_end(counted)
        first = counted.first if said and counted.first_at >= self._restarted_at else None
        found = [*losses.of_sdks(self._sdks.now), *(losses.of_collector(said, first) if said else ()),
                 losses.of_ended_collectors(self._ended_with)]
        return {
            "service": {**_answers(beside), **self._sdk(at)},
            "collector": {**_answers(counted), **_collector(counted)},
            "losses": [one.as_json() for one in sorted(found, key=losses.order) if one.items > 0],
            "sdk_lately_s": service.LATELY_S, "collector_since": counted.first_at if first else None,
        }

    def _heard(self, wait_s: float) -> tuple[Heard[str], Heard[CollectorCounts]]:
        """Both are asked at once."""
        beside: Heard[str] = self._service.heard() if self._service else Heard()
        counted: Heard[CollectorCounts] = self._collector.heard(wait_s) if self._collector else Heard()
        return self._service.heard(wait_s) if self._service and wait_s else beside, counted

    def _note_end(self, heard: Heard[CollectorCounts]) -> None:
        with self._noting:
            last, looked, self._looked = self._last, self._looked, time.monotonic()
            if self._looked - looked > FORGOTTEN_S:
                last = Heard()          # what was on its way in the collector then has left it since
            elif heard.at < last.at:
                return                  # another thread has noted a later one
            self._last = heard
            if last.said and heard.said and _restarted(last.said, last.at, heard.said, heard.at):
                self._ended_with += last.said.held() or 0
                self._restarted_at = heard.at

    def _read_sdks(self) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + EVERY_S
        found = service.read(self._store)
        if _latest(found) != _latest(self._sdks.now):
            self._sdks = _Sdks(found, self._sdks.now)

    def _sdk(self, at: float) -> dict[str, Any]:
        """Of all services that tell of themselves; a rate only while they do."""
        now, before = self._sdks.now, self._sdks.before
        if not now:
            return {"sdk": None}
        told, seconds = _latest(now), _latest(now) - _latest(before)
        since = min(one.since for one in now.values())
        exported, earlier = _sum(now, "exported"), _sum(before, "exported")
        fresh = at - told < STALE_S and bool(before) and 0 < seconds < STALE_S
        return {"sdk": {
            "at": told, "since": since if isfinite(since) else None, "services": sorted(now), "exported": dict(exported),
            "pending": dict(_sum(now, "pending")),
            "rates": {signal: max(items - earlier[signal], 0) / seconds for signal, items in exported.items()} if fresh else None,
        }}


def _latest(found: Mapping[str, SdkCounts]) -> float:
    return max((one.at for one in found.values()), default=0.0)


def _sum(found: Mapping[str, SdkCounts], name: str) -> Counter[str]:
    total = Counter[str]()
    for one in found.values():
        total.update(getattr(one, name))
    return total


def _answers(heard: Heard[Any]) -> dict[str, Any]:
    return {"answers": heard.answers, "since": heard.since or None, "why": heard.why}


def _collector(heard: Heard[CollectorCounts]) -> dict[str, Any]:
    said, before, seconds = heard.said, heard.before, heard.at - heard.before_at
    if said is None:
        return {"counts": None}
    if before is None or not seconds or _restarted(before, heard.before_at, said, heard.at):
        before = None
    return {"counts": {
        "at": heard.at, "started": None if said.uptime_s is None else heard.at - said.uptime_s,
        "received": dict(said.received), "refused": dict(said.refused), "spans_over": {
            transport: items for (signal, transport), items in said.received_over.items() if signal == "traces" and transport},
        "held": {one: said.held(one) for one in losses.ITEMS},
        "rates": _rates(said.received, before.received, seconds) if before else None,
        "exporters": {
            name: {**one.as_json(), "rates": _rates(one.sent, before.exporters[name].sent, seconds)
                   if before and name in before.exporters else None}
            for name, one in said.exporters.items()
        },
    }}


def _rates(now: Counter[str], before: Counter[str], seconds: float) -> dict[str, float]:
    return {signal: max(items - before[signal], 0) / seconds for signal, items in now.items()}


def _restarted(before: CollectorCounts | None, before_at: float, now: CollectorCounts, at: float) -> bool:
    """Whether another process counts now; by its uptime, or where it tells none, by counters that went down.

    Subtle: where the clock is set, or the machine sleeps, the start time moves, but the uptime goes on.
    """
    if before is None:
        return False
    if before.uptime_s is None or now.uptime_s is None:
        return any(now.received[signal] < items for signal, items in before.received.items())
    return now.uptime_s < before.uptime_s and (at - now.uptime_s) - (before_at - before.uptime_s) > _RESTARTED_S


