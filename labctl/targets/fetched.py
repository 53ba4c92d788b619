"""Where the switch --export offers telemetry for others to fetch: the page that Prometheus scrapes, and the folder of files."""

from collections.abc import Mapping
from pathlib import Path

from labctl.components import COLLECTOR
from labctl.host.ports import LOOPBACK
from labctl.switches.destinations import FILE, destinations
from labctl.switches.export import EXPORT
from labctl.switches.switch import OFF

FOLDER = "/var/lib/lab/export"          # in the collector's container, as manifests/switches/export-file has it


def of_processes(state: Path, switches: Mapping[str, str]) -> dict[str, str]:
    return _places(switches, f"http://{LOOPBACK}:{{port}}/metrics", str(state / "export"))


def left_of_processes(state: Path) -> str:
    """What is said of the files that nothing writes any more, and that are kept: a user asked for them. "": there are none."""
    folder = state / "export"
    return f"what --export file has written stays in {folder}" if any(folder.glob("*.jsonl")) else ""


def ended(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether files were written with these switches, and are not any more."""
    return FILE in _places(before, "", FOLDER) and FILE not in _places(now, "", FOLDER)


def in_cluster(namespace: str, switches: Mapping[str, str]) -> dict[str, str]:
    host = f"{COLLECTOR.cluster.deployment}.{namespace}"
    return _places(switches, f"http://{host}:{{port}}/metrics", f"{FOLDER} in the collector's pod")


def _places(switches: Mapping[str, str], page: str, folder: str) -> dict[str, str]:
    """By the destination's name."""
    text = switches.get(EXPORT.name, OFF)
    found = [one for one in (destinations(text) if text != OFF else []) if not one.is_backend]
    return {one.name: page.format(port=one.port) if one.port else folder for one in found}
