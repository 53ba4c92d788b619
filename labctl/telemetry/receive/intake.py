"""From the bytes of a request to a committed batch: the one way in, for gRPC and HTTP alike.

The counters are the Collector's, so that its own metrics and this process's can be read the same way.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from labctl.telemetry.otlp.decode import Batch
from labctl.telemetry.store.store import Store

COMMIT_S = 30.0


class Intake:
    def __init__(self, store: Store, *, show: bool) -> None:
        self._store = store
        self._show = show               # a line per batch, where this process stands for the collector
        self._lock = threading.Lock()
        self.accepted: Counter[tuple[str, str]] = Counter()     # (signal, transport) → spans, points or records
        self.refused: Counter[tuple[str, str]] = Counter()      # requests: what could not be decoded cannot be counted

    def take(self, signal: str, transport: str, body: bytes) -> None:
        """Return when the request's content is committed. Raises Malformed, or what the store failed with."""
        try:
            batch = self._store.put(signal, body).result(COMMIT_S)
        except Exception:
            self._count(self.refused, signal, transport, 1)
            raise
        self._count(self.accepted, signal, transport, batch.items)
        if self._show:
            print(line(batch), file=sys.stderr, flush=True)

    def _count(self, counter: Counter[tuple[str, str]], signal: str, transport: str, items: int) -> None:
        with self._lock:
            counter[signal, transport] += items


def line(batch: Batch, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """What the Collector's debug exporter writes of a batch: time, level, signal and the sizes as JSON, between tabs."""
    import json

    fields = {
        "otelcol.component.id": "debug", "otelcol.component.kind": "exporter", "otelcol.signal": batch.signal, **batch.sizes,
    }
    return f"{now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z\tinfo\t{batch.signal.capitalize()}\t{json.dumps(fields)}"
