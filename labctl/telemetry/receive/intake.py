"""Stores decoded requests from gRPC and HTTP alike, and counts what was received.

The counters are the Collector's, so that its own metrics and this process's can be read the same way.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from labctl.telemetry.otlp.batch import Batch, Malformed
from labctl.telemetry.receive.volume import VolumeCounter
from labctl.telemetry.store.store import Store, Unavailable

COMMIT_S = 30.0
MOST_REASONS = 50                       # distinct ones: a reason can contain text from a sender


class Intake:
    def __init__(self, store: Store, *, show: bool) -> None:
        self._store = store
        self._show = show               # a log line per batch, where the viewer replaces the collector
        self._lock = threading.Lock()
        self.accepted: Counter[tuple[str, str]] = Counter()     # (signal, transport) → spans, points or records
        self.refused: Counter[tuple[str, str]] = Counter()      # the same; 1 for a request that could not be decoded
        self.failed: Counter[tuple[str, str]] = Counter()       # requests that may be retried: the store could not write
        self.duplicates: Counter[str] = Counter()               # signal → accepted items that had been stored before
        self.volume = VolumeCounter()
        self.reasons: Counter[tuple[str, str]] = Counter()      # (signal, why) → refused items

    def take(self, signal: str, transport: str, decode: Callable[[], Batch]) -> Batch:
        """Return when the request's content is committed. Raises Malformed or Unavailable."""
        try:
            batch = self._store.put(decode).result(COMMIT_S)
        except Malformed as error:
            self._count_refused(signal, transport, error.refused)
            raise
        except TimeoutError:
            self._count_failed(signal, transport)
            raise Unavailable(f"the store has not written for {COMMIT_S:.0f} s") from None
        except Exception:
            self._count_failed(signal, transport)
            raise
        self._count_refused(signal, transport, batch.refused)
        with self._lock:
            self.accepted[signal, transport] += batch.items
            self.duplicates[signal] += batch.duplicates
        self.volume.count(batch)
        if self._show:
            print(line(batch), file=sys.stderr, flush=True)
        return batch

    def _count_refused(self, signal: str, transport: str, refused: Counter[str]) -> None:
        with self._lock:
            self.refused[signal, transport] += refused.total()
            for reason, items in refused.items():
                known = (signal, reason) in self.reasons or len(self.reasons) < MOST_REASONS
                self.reasons[signal, reason if known else "other"] += items

    def _count_failed(self, signal: str, transport: str) -> None:
        with self._lock:
            self.failed[signal, transport] += 1


def line(batch: Batch, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """The line of the Collector's debug exporter for a batch: time, level, signal and the sizes as JSON, tab-separated."""
    import json

    fields = {
        "otelcol.component.id": "debug", "otelcol.component.kind": "exporter", "otelcol.signal": batch.signal, **batch.sizes,
    }
    return f"{now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z\tinfo\t{batch.signal.capitalize()}\t{json.dumps(fields)}"
