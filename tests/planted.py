"""Secrets that tests give to a lab, and where they turn up. A switch with a secret adds a row to SETTINGS or SWITCHES."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from labctl.credentials import token

SETTINGS: Final = {
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer planted-bearer-8f3a61,x-api-key=planted-key-27bd90",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization=Basic cGxhbnRlZC1iYXNpYy0xNmU0",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "x-tenant-token=planted-metrics-5c02ee",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "cookie=planted-logs-e91f77",
}
"""Variables of the service, as a user exports them or writes them into .env."""

HEADERS: Final = {"authorization": "Bearer planted-load-4d7715", "cookie": "session=planted-cookie-b3a8c4"}
"""Of the requests of a load run, as a scenario has them."""

BACKEND: Final = "x-api-key: planted-backend-71c4de\n"
"""The file of --export-headers."""

SWITCHES: Final = ("--tls", "--mtls", "--auth", "--export", "http://backend.invalid:4318", "--export-headers")
"""Every switch that has secrets of its own; a file with BACKEND follows."""

NEEDLES: Final = (
    "planted-bearer-8f3a61", "planted-key-27bd90", "cGxhbnRlZC1iYXNpYy0xNmU0", "planted-metrics-5c02ee", "planted-logs-e91f77",
    "planted-load-4d7715", "planted-cookie-b3a8c4", "planted-backend-71c4de",
)


def planted_in(content: str | bytes, generated: Sequence[str] = ()) -> list[str]:
    """The secrets that it holds."""
    data = content.encode(errors="surrogateescape") if isinstance(content, str) else content
    return [needle for needle in (*NEEDLES, *generated) if needle.encode() in data]


def generated_in(state: Path) -> list[str]:
    """What --tls and --auth have made in a lab's folder: tokens, and a line of each private key, the CA's too."""
    keys = [path.read_text().splitlines()[1] for path in sorted((state / "tls").rglob("*.key"))]
    return [*token.tokens(state), *keys]


@dataclass(frozen=True)
class Seen:
    pid: int
    arguments: str
    environment: str


def processes() -> Iterator[Seen]:
    """Every process of this machine, those in containers too."""
    for process in psutil.process_iter():
        folder = Path("/proc", str(process.pid))
        try:
            arguments, environment = ((folder / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ"))
        except OSError:
            continue                    # it has ended
        yield Seen(process.pid, arguments.replace("\0", " "), environment)


def below(pid: int) -> set[int]:
    try:
        return {child.pid for child in psutil.Process(pid).children(recursive=True)}
    except psutil.Error:
        return set()
