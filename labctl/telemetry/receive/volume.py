"""How many bytes of telemetry were received, by signal and service, and how well they compress.

Bytes are those of OTLP as protobuf, uncompressed: what a sender without compression puts on the wire, less the frames of HTTP.
Subtle: compression is sampled, one export of each signal in a second, as it takes a hundred times as long as counting.
"""

import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl.telemetry.otlp.batch import Batch, shared_bytes

MOST_SERVICES: Final = 50               # distinct ones: a name can be any text from a sender
OTHERS: Final = "other services"
_EVERY_S: Final = 1.0
_SAMPLE: Final = 128 << 10              # bytes of an export; gzip looks back over 32 KiB
_GZIP: Final = 31                       # zlib's window bits for a gzip header


@dataclass(slots=True)
class ServiceVolume:
    """What a service sent of one signal."""

    exports: int = 0                    # requests that had some of it
    items: int = 0                      # spans, data points or log records that were accepted
    bytes: int = 0


@dataclass(slots=True)
class ExportSample:
    """The exports that were looked at more closely."""

    exports: int = 0
    shared: int = 0                     # bytes that are not the items': resources and scopes, sent with each export
    bytes: int = 0                      # that were compressed, and to how many
    compressed: int = 0


class VolumeCounter:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._services: dict[tuple[str, str], ServiceVolume] = {}
        self._samples: dict[str, ExportSample] = {}
        self._sampled: dict[str, float] = {}            # by signal, when the last one was compressed
        self._latest: dict[str, float] = {}             # by service, Unix seconds of the last export with something of it

    def count(self, batch: Batch) -> None:
        with self._lock:
            for service, size in batch.sent.items():
                found = self._service(batch.signal, service)
                found.exports += 1
                found.bytes += size
            for sender, rows in batch.groups:
                self._service(batch.signal, sender.service).items += len(rows)
                if rows and (sender.service in self._latest or len(self._latest) < MOST_SERVICES):
                    self._latest[sender.service] = time.time()
            due = batch.encoded and self._clock() >= self._sampled.get(batch.signal, 0.0) + _EVERY_S
            if due:
                self._sampled[batch.signal] = self._clock()
        if due:
            self._sample(batch.signal, batch.encoded)

    def as_json(self) -> dict[str, Any]:
        """By signal: `services`, each as ServiceVolume, and the `sample` of its exports."""
        with self._lock:
            found: dict[str, Any] = {}
            for (signal, service), volume in self._services.items():
                sample = asdict(self._samples.get(signal, ExportSample()))
                found.setdefault(signal, {"services": {}, "sample": sample})["services"][service] = asdict(volume)
            return found

    def latest(self) -> dict[str, float]:
        """By service, when the last of its telemetry was received, in Unix seconds."""
        with self._lock:
            return dict(self._latest)

    def _service(self, signal: str, service: str) -> ServiceVolume:
        known = (signal, service) in self._services or len(self._services) < MOST_SERVICES
        return self._services.setdefault((signal, service if known else OTHERS), ServiceVolume())

    def _sample(self, signal: str, encoded: bytes) -> None:
        shared, beginning = shared_bytes(encoded), encoded[:_SAMPLE]
        compressed = len(zlib.compress(beginning, wbits=_GZIP))
        with self._lock:
            sample = self._samples.setdefault(signal, ExportSample())
            sample.exports += 1
            sample.shared += shared
            sample.bytes += len(beginning)
            sample.compressed += compressed
