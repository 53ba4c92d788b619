"""The checks of `doctor`: this machine against what each target needs. Changes nothing."""

import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labctl import DISTRIBUTION, components, numbers
from labctl.components import COLLECTOR
from labctl.errors import LabError
from labctl.host import folders, open_files, ports
from labctl.model import LabSpec
from labctl.switches.security import TLS
from labctl.targets import port_holder, requirements, running_target, secured

NEEDED_PYTHON = (3, 11)
ENOUGH_DISK = 256 << 20


@dataclass(frozen=True, slots=True)
class Check:
    target: str                         # which target needs it
    name: str
    ok: bool
    found: str
    needed: str
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def machine(spec: LabSpec) -> list[Check]:
    here = [_python(), *_packages(), *_ports(spec), _disk(spec), _open_files(), _collector()]
    return [*here, *_targets(spec), *_certificates(spec), *_policies(spec)]


def _python() -> Check:
    ok = sys.version_info[:2] >= NEEDED_PYTHON
    return Check("local", "python", ok, platform.python_version(), "3.11 or later", "" if ok else "install Python 3.11 or later")


def _packages() -> Iterator[Check]:
    for name in ("uvloop", "httptools", "grpc", "psutil", "opentelemetry.distro"):
        ok = importlib.util.find_spec(name) is not None
        hint = "" if ok else f"pip install {DISTRIBUTION}"
        yield Check("local", f"package {name}", ok, "installed" if ok else "missing", "installed", hint)


def _ports(spec: LabSpec) -> Iterator[Check]:
    ours = _ours(spec)
    meanings = {port.name: port.meaning for _, port in components.ports()}
    for name, port in spec.used_ports.items():
        taken = port not in ours and ports.taken(port)
        found, hint = _holder(port, name) if taken else (f"the lab's {ours[port]}" if port in ours else "free", "")
        yield Check("local", f"port {port}", not taken, found, f"free, for {meanings[name]}", hint)


def _holder(port: int, name: str) -> tuple[str, str]:
    """Who has it, and the line that frees it."""
    holder = port_holder(port)
    if holder:
        return f"taken by {holder.name}", holder.hint
    return f"taken by {ports.holder(port)}", f"end that program, or --set LABCTL_{name.upper()}_PORT=…"


def _ours(spec: LabSpec) -> dict[int, str]:
    """The ports on which the lab itself listens, and as what."""
    try:
        lab = running_target(spec)
        health = lab.health() if lab else []
    except LabError:
        return {}
    return {int(url.rpartition(":")[2]): one.name for one in health for url in one.endpoints.values()}


def _disk(spec: LabSpec) -> Check:
    free = folders.free_bytes(spec.state)
    ok = free >= ENOUGH_DISK
    return Check(
        "local", "disk", ok, f"{numbers.size(free)} free at {spec.state}", numbers.size(ENOUGH_DISK),
        "" if ok else "free some space, or set LABCTL_STATE_DIR",
    )


def _open_files() -> Check:
    files = open_files.raise_limit()
    hint = f"ulimit -n {open_files.FEW}" if files < open_files.FEW else ""
    return Check("local", "open files", ok=True, found=f"{files} allowed", needed="one for each connection", hint=hint)


def _collector() -> Check:
    found = next(filter(None, map(shutil.which, COLLECTOR.process.programs)), None)
    shown = f"{Path(found).name} in {Path(found).parent}" if found else "none: the viewer replaces it"
    return Check("local", "collector", ok=True, found=shown, needed="otelcol is optional")


def _certificates(spec: LabSpec) -> Iterator[Check]:
    """Of the running lab, where it has any."""
    try:
        lab = running_target(spec)
        switches = lab.switches() if lab else {}
        due = secured.due(spec, switches)
    except LabError:
        return
    if lab and TLS.name in switches:
        found = "; ".join(due) or "none expires soon"
        yield Check(lab.name, "certificates", not due, found, "valid for some days", "labctl certs rotate" if due else "")


def _targets(spec: LabSpec) -> Iterator[Check]:
    for target, need in requirements(spec):
        yield Check(target, need.name, need.ok, need.found, need.why, need.hint)


def _policies(spec: LabSpec) -> Iterator[Check]:
    """Of the cluster in which the lab runs. A lab works without; then every pod of the cluster reaches it."""
    try:
        lab = running_target(spec)
        state = lab.network_policies() if lab else None
    except LabError:
        return
    if lab and state:
        needed = "where they are not enforced, every pod reaches the collector and the viewer"
        yield Check(lab.name, "network policies", ok=True, found=state, needed=needed)
