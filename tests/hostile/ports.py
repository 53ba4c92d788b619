"""What is attacked: a port, and what a good request to it looks like."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.driver import Driver
from tests.unit.telemetry import requests

PREDICTION = b'{"features":[0.5,1.5,2.0]}'


@dataclass(frozen=True, slots=True)
class HttpPort:
    component: str
    number: int
    path: str
    media_type: str
    body: bytes
    pipelined: int = 100               # requests that are worth sending at once: one that refuses a body unread closes
    host: str = "127.0.0.1"

    def __str__(self) -> str:
        return f"{self.component}:{self.path}"

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.number

    def head(self, *fields: bytes, target: bytes | None = None) -> bytes:
        """Request line, Host, type and these fields, without the empty line at the end."""
        line = b"POST %b HTTP/1.1" % (self.path.encode() if target is None else target)
        return b"\r\n".join((line, b"Host: localhost", b"Content-Type: %b" % self.media_type.encode(), *fields, b""))

    def good(self) -> bytes:
        return self.head(b"Content-Length: %d" % len(self.body)) + b"\r\n" + self.body


def http_ports(lab: Driver) -> Iterator[HttpPort]:
    spans = requests.traces()
    yield HttpPort("service", lab.ports["SERVICE"], "/predict", "application/json", PREDICTION)
    yield HttpPort("viewer", lab.ports["VIEWER"], "/v1/traces", "application/x-protobuf", spans, pipelined=8)
    yield HttpPort("collector", lab.ports["OTLP_HTTP"], "/v1/traces", "application/x-protobuf", spans)
