"""The password of Grafana's user admin: made once, and kept as a private file of the state folder."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from labctl.components import GRAFANA, of
from labctl.credentials import private_files

USER, FILE, BYTES = "admin", "password", 18
FOLDER: Final = "grafana"


def wanted(switches: Mapping[str, str]) -> bool:
    return GRAFANA in of(switches)


def file_in(state: Path) -> Path:
    return state / FOLDER / FILE


def ensure(state: Path, switches: Mapping[str, str]) -> bool:
    """Make one where Grafana is on and there is none. Returns whether it did."""
    if not wanted(switches) or private_files.read(file_in(state)):
        return False
    private_files.write(file_in(state), secrets.token_urlsafe(BYTES).encode())
    return True
