"""What --export is given: where the telemetry goes beside the viewer, each a folder of manifests/switches."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from labctl.components import COLLECTOR
from labctl.switches.switch import unlike

if TYPE_CHECKING:
    from urllib.parse import SplitResult

PORTS: Final = {"http": 80, "https": 443, "grpc": 4317, "grpcs": 4317}
"""Of an address without one."""

PROMETHEUS: Final = "prometheus"
PROMETHEUS_PORT: Final = 8889
FILE: Final = "file"
PRESETS: Final = (
    "jaeger", "tempo", "loki", "elasticsearch", "grafana-cloud", "honeycomb", "new-relic", "datadog", "aws-xray", "google-cloud",
    "azure-monitor",
)
KEYED: Final = frozenset({"grafana-cloud", "honeycomb", "new-relic", "datadog"})
"""The presets that send nothing without a key, in a header."""
IDENTIFIED: Final = frozenset({"aws-xray", "google-cloud", "azure-monitor"})
"""The presets where an extension authenticates the collector's pod."""
ALLOWED: Final = (
    "prometheus, file, an address such as https://HOST:4318 or grpc://HOST:4317, NAME=ADDRESS, or one of "
    f"{', '.join(PRESETS)}; several with commas"
)
_TAKEN: Final = frozenset({"viewer", "config", "export", "queue", "tls", "token", PROMETHEUS, FILE, "backend", "off"})
_PATHS: Final = {"loki": "/otlp", "grafana-cloud": "/otlp", "elasticsearch": "/_otlp"}
"""Below which they take OTLP, where the address has no path."""
_NAME: Final = r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"
_PORT: Final = r"prometheus(?::(\d{1,5}))?"
_MOST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Destination:
    name: str
    address: str = ""                   # empty: the folder's own
    port: int = 0                       # of the address, or that Prometheus scrapes; 0: the folder's own

    @property
    def is_backend(self) -> bool:
        """Whether telemetry is sent to it, so that it has an address and may have headers."""
        return self.name not in {PROMETHEUS, FILE}

    @property
    def takes_headers(self) -> bool:
        return self.is_backend and self.name not in IDENTIFIED

    @property
    def variable(self) -> str:
        """What the names of its variables begin with."""
        return self.name.upper().replace("-", "_")

    @property
    def grpc(self) -> bool:
        return self.address.startswith("grpc")

    @property
    def host(self) -> str:
        """Of its address; empty where that is the folder's own."""
        return (_parts(self.address).hostname or "") if self.address else ""

    @property
    def is_loopback(self) -> bool:
        """Whether its address is that of whatever machine, or pod, the collector runs in."""
        host = self.host
        return host == "localhost" or host in {"0.0.0.0", "::", "::1"} or re.fullmatch(r"127(\.\d+){3}", host) is not None

    @property
    def endpoint(self) -> str:
        """The address as the collector's exporters take it: with http:// it is without TLS, also for gRPC."""
        address = re.sub("^grpc(s?)://", r"http\1://", self.address)
        return address if "/" in address.partition("://")[2] else address + _PATHS.get(self.name, "")

    @property
    def region(self) -> str:
        """Of an address of AWS; empty: it has none."""
        found = re.search(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.", self.address)
        return found[1] if found else ""


def destinations(text: str) -> list[Destination]:
    """Raises ValueError with what is allowed."""
    found = [_destination(word) for word in _words(text)]
    names = [one.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice or not found:
        raise ValueError(f"each name once, not {twice} twice; NAME=ADDRESS gives it another name" if twice else ALLOWED)
    return found


def _words(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := part.strip())]


def _destination(word: str) -> Destination:
    if scraped := re.fullmatch(_PORT, word, re.ASCII):
        port = int(scraped[1] or PROMETHEUS_PORT)
        if not 0 < port <= _MOST_PORT or port in {one.own for one in COLLECTOR.ports}:
            raise ValueError(f"a port up to {_MOST_PORT} that the collector does not use, such as prometheus:{PROMETHEUS_PORT}")
        return Destination(PROMETHEUS, port=port)
    if word == FILE or word in PRESETS:
        return Destination(word)
    if re.fullmatch(r"[a-zA-Z_-]+", word):
        raise unlike(word, (*PRESETS, PROMETHEUS, FILE), ALLOWED)
    name, equals, address = word.partition("=") if "=" in word.partition("://")[0] else ("", "", word)
    parts = _parts(address)
    if equals and (not re.fullmatch(_NAME, name) or name in _TAKEN):
        raise ValueError(f"a name of lower-case letters, digits and hyphens that is not taken, in place of {name}: {ALLOWED}")
    if name in PRESETS and parts.scheme.startswith("grpc"):
        raise ValueError(f"{name} with http:// or https://: it is exported to by OTLP/HTTP")
    found = Destination(name or _name_of(parts), address.rstrip("/"), parts.port or PORTS[parts.scheme])
    if name == "aws-xray" and not found.region:
        raise ValueError("aws-xray=https://xray.REGION.amazonaws.com")
    if name == "azure-monitor":
        raise ValueError("azure-monitor without an address: each signal has its own, in manifests/switches/export-azure-monitor")
    return found


def _parts(address: str) -> "SplitResult":
    from urllib.parse import urlsplit  # every command imports the table of switches

    try:
        parts = urlsplit(address)
        usable = parts.scheme in PORTS and parts.hostname and parts.port != 0 and not re.search(r"[\s$@?#{}\"']", address)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(ALLOWED)
    return parts


def _name_of(parts: "SplitResult") -> str:
    """The host, with the port where it is not a usual one, as a name: of the exporter, the Secret and the NetworkPolicy."""
    port = f"-{parts.port}" if parts.port not in {None, 443, 4317, 4318} else ""
    name = re.sub("[^a-z0-9]+", "-", (parts.hostname or "").lower())[:34].strip("-") + port
    return name if re.fullmatch(_NAME, name) and name not in _TAKEN | set(PRESETS) else f"at-{name}"


def without(text: str, name: str) -> str:
    """The value less one destination; empty where none is left."""
    return ",".join(word for word in _words(text) if _destination(word).name != name)


def scraped_port(text: str) -> int:
    """That Prometheus reads the metrics from; 0: none."""
    return next((one.port for one in destinations(text) if one.name == PROMETHEUS), 0)


def loopbacks(text: str) -> list[str]:
    """The addresses that lead to the machine, or the pod, of the collector itself."""
    return [one.address for one in destinations(text) if one.is_loopback]


def at_port(text: str, port: int) -> str:
    """The value with another port for Prometheus."""
    return ",".join(f"{PROMETHEUS}:{port}" if _destination(word).name == PROMETHEUS else word for word in _words(text))


def at_host(text: str, host: str) -> str:
    """The value with `host` in the addresses that lead to the collector's own machine."""
    return ",".join(
        re.sub(r"://(\[[^]]*\]|[^:/]+)", f"://{host}", word) if _destination(word).is_loopback else word for word in _words(text)
    )
