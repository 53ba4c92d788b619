"""--export: where the telemetry goes beside the viewer.

A backend has a sending queue of its own that drops when it is full, and a pipeline of its own, so that one that is away costs the
viewer and the others nothing (manifests/switches/export-otlp-http).
"""

from collections.abc import Iterator
from typing import Final

from labctl.switches.destinations import FILE, PRESETS, PROMETHEUS, PROMETHEUS_PORT, Destination, destinations
from labctl.switches.export_headers import require_keys
from labctl.switches.switch import Copy, Effect, Switch


def effect(text: str) -> Effect:
    found = destinations(text)
    return Effect((), {"collector": dict(variable for one in found for variable in _variables(one))}, tuple(map(_copy, found)))


def _copy(one: Destination) -> Copy:
    """Its folder, or the one for any backend, with its own name and port in place of those in the files."""
    if one.name == PROMETHEUS:
        return Copy("export-prometheus", {str(PROMETHEUS_PORT): str(one.port)})
    if one.name == FILE:
        return Copy("export-file")
    port = {f"port: {number}": f"port: {one.port}" for number in (443, 3100, 4317, 4318, 9200)} if one.port else {}
    if one.name in PRESETS:
        return Copy(f"export-{one.name}", port)
    return Copy(f"export-otlp-{'grpc' if one.grpc else 'http'}", {"backend": one.name, "BACKEND": one.variable, **port})


def _variables(one: Destination) -> Iterator[tuple[str, str]]:
    if one.address:
        yield f"{one.variable}_ENDPOINT", one.endpoint
    if one.name == "aws-xray" and one.address:
        yield "AWS_REGION", one.region


EXPORT: Final = Switch(
    "export", "WHERE,…|off",
    ("prometheus,file", "https://backend.example:4318", "jaeger,loki,tempo=http://tempo:4318,grpc://backend.example:4317"),
    f"where telemetry goes besides the viewer, several with commas; presets: {', '.join(PRESETS)}",
    effect, repeatable=True, settled=require_keys,
)
