"""Edits that several faults make."""

from typing import Any, Final
from urllib.parse import urlsplit

from labctl.changes import ObjectPatch, PatchOperation
from labctl.components import COLLECTOR, SERVICE, VIEWER

SERVICE_DEPLOYMENT: Final = SERVICE.cluster.deployment
COLLECTOR_DEPLOYMENT: Final = COLLECTOR.cluster.deployment
VIEWER_DEPLOYMENT: Final = VIEWER.cluster.deployment

POD: Final = "/spec/template/spec"
CONTAINER: Final = f"{POD}/containers/0"
_RESTARTED: Final = {"kubectl.kubernetes.io/restartedAt": "2026-01-12T09:14:07Z"}
RESTARTED: Final = PatchOperation("add", "/spec/template/metadata/annotations", _RESTARTED)   # as `kubectl rollout restart` does
STEP: Final = 10                        # between a right port and a wrong one


def add(pointer: str, value: Any) -> PatchOperation:
    return PatchOperation("add", pointer, value)


def replaced(pointer: str, value: Any) -> PatchOperation:
    return PatchOperation("replace", pointer, value)


def service_pod(*operations: PatchOperation) -> ObjectPatch:
    return ObjectPatch("Deployment", SERVICE_DEPLOYMENT, operations)


def collector_pod(*operations: PatchOperation) -> ObjectPatch:
    return ObjectPatch("Deployment", COLLECTOR_DEPLOYMENT, operations)


def cpu(cores: str) -> ObjectPatch:
    """The service's request and limit."""
    return service_pod(*(replaced(f"{CONTAINER}/resources/{kind}/cpu", cores) for kind in ("requests", "limits")))


def memory(size: str) -> ObjectPatch:
    """The collector's request and limit."""
    return collector_pod(*(replaced(f"{CONTAINER}/resources/{kind}/memory", size) for kind in ("requests", "limits")))


def with_other_port(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{(parts.port or 0) + STEP}"


def with_other_scheme(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{'http' if scheme == 'https' else 'https'}://{rest}"


def with_other_host(url: str) -> str:
    """A typo of the name, or one that no resolver knows (RFC 2606)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://otel-colector.invalid:{parts.port}"
