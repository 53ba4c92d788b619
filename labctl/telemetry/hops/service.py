"""What SDKs say of themselves in the metrics that they send: spans, log records and points that they exported, and dropped.

https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/. Subtle: these come over the same way as what they tell of. Where
nothing arrives, they are as old as the last that did, and say when that was. What a wrong clock puts in the future is left out:
nobody knows how old it is.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, TypeGuard

from labctl.telemetry.query.metrics import CLOCKS_DIFFER_NS, MetricQuery, metrics
from labctl.telemetry.query.recent import Window
from labctl.telemetry.store.store import Store

LATELY_S: Final = 300
_LARGEST: Final = 1 << 63               # no count of an SDK is as large, and larger ones break what adds them up
_OF: Final = {"traces": "span", "logs": "log", "metrics": "metric_data_point"}
_PROCESSED, _EXPORTED = "otel.sdk.processor.{}.processed", "otel.sdk.exporter.{}.exported"
_PENDING: Final = ("otel.sdk.processor.{}.queue.size", "otel.sdk.exporter.{}.inflight")
_NAMES: Final = tuple(name.format(what) for name in (_PROCESSED, _EXPORTED, *_PENDING) for what in _OF.values())


@dataclass(slots=True)
class SdkCounts:
    """Of all instances of one service, since each started."""

    at: float = 0.0                     # Unix seconds of the latest point
    since: float = inf                  # when the first instance began to count; inf: unknown
    exported: Counter[str] = field(default_factory=Counter)             # items that were acknowledged, by signal
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)  # by signal and error.type
    lately: Counter[tuple[str, str]] = field(default_factory=Counter)   # of these in the last LATELY_S
    last: dict[tuple[str, str], float] = field(default_factory=dict)    # Unix seconds of the last of these, to a second
    pending: Counter[str] = field(default_factory=Counter)              # in its queue or in flight


def read(store: Store) -> dict[str, SdkCounts]:
    """By service; without those that tell nothing of themselves. Raises Unavailable."""
    found: dict[str, SdkCounts] = {}
    now = time.time_ns()
    latest_s = (now + CLOCKS_DIFFER_NS) / 1e9
    for one in metrics(store, MetricQuery(_NAMES, window=Window(now - LATELY_S * 10**9, now, LATELY_S))).series:
        if _is_count(one["value"]) and one["time"] <= latest_s:
            _count(found.setdefault(one["service"], SdkCounts()), one["name"], one, now / 1e9)
    return found


def _count(counts: SdkCounts, name: str, series: dict[str, Any], now_s: float) -> None:
    signal = next(signal for signal, what in _OF.items() if f".{what}." in name)
    value, why = int(series["value"]), series["attributes"].get("error.type")
    counts.at = max(counts.at, series["time"])
    counts.since = min(counts.since, series.get("since") or inf)
    if not series["monotonic"]:
        counts.pending[signal] += max(value, 0)
    elif why is not None:
        key, window = (signal, str(why)[:100]), series["window"] or {}
        counts.dropped[key] += value
        grown, slots = window.get("increase"), window.get("slots", [])
        counts.lately[key] += int(grown) if _is_count(grown) else 0
        if place := next((place for place in range(len(slots), 0, -1) if slots[place - 1]), 0):     # the last that grew
            counts.last[key] = max(counts.last.get(key, 0.0), now_s - LATELY_S + place)
    elif name == _EXPORTED.format(_OF[signal]):
        counts.exported[signal] += value


def _is_count(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and abs(value) < _LARGEST
