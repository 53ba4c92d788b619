"""The SDK's OTLP exporters over gRPC with TLS, for credentials that are exchanged while the service runs.

gRPC reads the CA, the client certificate and its key once for a channel. So their files are looked at each second, and a changed
one begins a new channel, with the method by which the SDK itself begins one. The bearer token is read for each call.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import grpc
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

TOKEN_FILE: Final = "OTLP_TOKEN_FILE"  # noqa: S105 - a variable's name
FILES: Final = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE")
LOOK_EVERY_S: Final = 1.0
CLOSE_AFTER_S: Final = 3.0           # for the call that is on its way on the channel before; one that hangs is tried again

Stamp = tuple[tuple[int, int], ...]


class _Renewed:
    """For an exporter: its channel has the credentials that are in the files now."""

    _channel: Any
    _headers: Sequence[tuple[str, str]]
    _insecure: bool

    def _initialize_channel_and_stub(self) -> None:
        self._stamp = stamp()
        if not self._insecure:
            self._credentials = credentials()
        if os.environ.get(TOKEN_FILE):      # a second one, of the settings for another backend, would be refused
            self._headers = tuple(pair for pair in self._headers if pair[0] != "authorization")
        super()._initialize_channel_and_stub()  # type: ignore[misc]
        _watch(self)

    def renew(self) -> None:
        """Begin a new channel where a file has changed."""
        if self._insecure or self._stamp == stamp():
            return
        before = self._channel
        self._initialize_channel_and_stub()
        closing = threading.Timer(CLOSE_AFTER_S, before.close)
        closing.daemon = True
        closing.start()


class SpanExporter(_Renewed, OTLPSpanExporter):  # type: ignore[misc]
    pass


class LogExporter(_Renewed, OTLPLogExporter):  # type: ignore[misc]
    pass


class MetricExporter(_Renewed, OTLPMetricExporter):  # type: ignore[misc]
    pass


def stamp() -> Stamp:
    """Another one after one of the files was replaced or written."""
    found = (Path(path).stat() for path in _paths() if path)
    return tuple((one.st_ino, one.st_mtime_ns) for one in found)


def credentials() -> grpc.ChannelCredentials:
    authority, key, certificate = (Path(path).read_bytes() if path else None for path in _paths())
    channel = grpc.ssl_channel_credentials(authority, key, certificate)
    token = os.environ.get(TOKEN_FILE, "").strip()
    return grpc.composite_channel_credentials(channel, grpc.metadata_call_credentials(_Token(Path(token)))) if token else channel


class _Token(grpc.AuthMetadataPlugin):
    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, _: grpc.AuthMetadataContext, callback: Callable[[Any, Exception | None], None]) -> None:
        try:
            first = self._path.read_text().partition("\n")[0].strip()
        except OSError as error:
            callback((), error)
        else:
            callback((("authorization", f"Bearer {first}"),), None)


def _paths() -> list[str]:
    return [os.environ.get(name, "").strip() for name in FILES]


_watched: list[_Renewed] = []


def _watch(exporter: _Renewed) -> None:
    if exporter in _watched:
        return
    _watched.append(exporter)
    if len(_watched) == 1:
        threading.Thread(target=_look, name="credentials", daemon=True).start()


def _look() -> None:
    while True:
        time.sleep(LOOK_EVERY_S)
        for exporter in _watched:
            try:
                exporter.renew()
            except (OSError, ValueError):
                continue             # in the middle of an exchange: it is looked at again
