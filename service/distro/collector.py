"""The way to the collector: one gRPC channel for all signals, which says once that it is broken and once that it works again.

A call that timed out may have arrived all the same, so a receiver can see a batch twice; it never misses one.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final
from urllib.parse import unquote, urlsplit

import grpc

logger = logging.getLogger("service.telemetry")

TRACES: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
METRICS: Final = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
LOGS: Final = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

# https://opentelemetry.io/docs/specs/otlp/#failures
RETRYABLE: Final = frozenset({
    grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED, grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS})
NOBODY_S: Final = 1.0                # at the end, for a collector where nobody listens: the rest is for one that is slow
AWAY_S: Final = 1.0                  # a collector that is just being started or restarted is not worth a line
PAUSE_S: Final = (0.05, 0.1, 0.2, 0.4)
# gRPC's own wait between two attempts to connect grows to 2 minutes, far beyond what a restart takes
_OPTIONS: Final = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 500),
                   ("grpc.max_reconnect_backoff_ms", 500))


@dataclass(frozen=True, slots=True)
class Address:
    endpoint: str                    # http://HOST:PORT, or https://
    headers: str = ""                # OTEL_EXPORTER_OTLP_HEADERS: name=value,name=value
    compression: str = ""            # "gzip" or nothing
    timeout_s: float = 2.0           # of one attempt

    def channel(self) -> grpc.Channel:
        parts = urlsplit(self.endpoint)
        target = f"{parts.hostname}:{parts.port or 4317}" if ":" not in (parts.hostname or "") else parts.netloc
        compression = grpc.Compression.Gzip if self.compression == "gzip" else grpc.Compression.NoCompression
        if parts.scheme == "https":
            return grpc.secure_channel(target, grpc.ssl_channel_credentials(), _OPTIONS, compression)
        return grpc.insecure_channel(target, _OPTIONS, compression)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        pairs = (pair.partition("=") for pair in self.headers.split(",") if "=" in pair)
        return tuple((name.strip().lower(), unquote(value.strip())) for name, _, value in pairs)


@dataclass(slots=True)
class Collector:
    """Safe to use from every thread. `give_up_at` is the end of patience, set when the process shuts down."""

    address: Address
    _channel: grpc.Channel = field(init=False)
    _metadata: tuple[tuple[str, str], ...] = field(init=False)
    _away: bool = False              # and it has been said
    _failing_since: float = float("inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing_since: float = float("inf")
    _give_up_at: float = float("inf")

    def __post_init__(self) -> None:
        self._channel = self.address.channel()
        self._metadata = self.address.metadata()

    @property
    def closing(self) -> bool:
        return self._give_up_at != float("inf")

    def close_within(self, seconds: float) -> None:
        """From now on hold nothing for longer than that. A second call does not give more time."""
        with self._lock:
            now = time.monotonic()
            self._closing_since = min(self._closing_since, now)
            self._give_up_at = min(self._give_up_at, now + seconds)

    def deliver(self, method: str, content: bytes) -> bool:
        """Try until it has arrived. False: the collector refuses it for good, or time is up."""
        for pause in chain(PAUSE_S, repeat(PAUSE_S[-1])):
            if time.monotonic() >= self._give_up_at:
                break
            error = self.send(method, content)
            if error is None:
                return True
            if error not in RETRYABLE:
                break
            time.sleep(max(0.0, min(pause, self._give_up_at - time.monotonic())))
        return False

    def send(self, method: str, content: bytes) -> grpc.StatusCode | None:
        """One attempt; None when it has arrived."""
        timeout = min(self.address.timeout_s, max(0.05, self._give_up_at - time.monotonic()))
        try:
            self._channel.unary_unary(method, None, None)(content, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            self._failed(error.code(), error.details() or "")
            return error.code()
        self._worked()
        return None

    def _failed(self, code: grpc.StatusCode, details: str) -> None:
        now = time.monotonic()
        with self._lock:
            if self.closing and code is grpc.StatusCode.UNAVAILABLE:
                self._give_up_at = min(self._give_up_at, self._closing_since + NOBODY_S)
            self._failing_since = min(self._failing_since, now)
            say = not self._away and now - self._failing_since >= AWAY_S
            self._away |= say
        if say:
            logger.warning("collector at %s is away (%s: %s); telemetry is held until it is back",
                           self.address.endpoint, code.name, details)

    def _worked(self) -> None:
        with self._lock:
            say, self._away = self._away, False
            self._failing_since = float("inf")
        if say:
            logger.info("collector at %s is back; sending what was held", self.address.endpoint)
