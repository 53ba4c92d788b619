"""The user's own kubeconfig, which is touched only when the user says so: kind adds the cluster there, and takes it out again."""

import os
from pathlib import Path

from labctl.host import commands
from labctl.targets.kind import credentials
from labctl.targets.kind.place import Place

EXPORT_S = 20.0


def merge(place: Place) -> Path:
    """Add the cluster to the user's kubeconfig, as its current context; remembered, so that `down` takes it out."""
    file = _users_own()
    argv = ["kind", "export", "kubeconfig", "--name", place.cluster, "--kubeconfig", str(file)]
    commands.run(argv, timeout=EXPORT_S)
    _note(place).write_text(str(file))
    return file


def merged(place: Place) -> Path | None:
    """The file to which the cluster was added."""
    note = _note(place)
    return Path(note.read_text()) if note.exists() else None


def _users_own() -> Path:
    """The first file of KUBECONFIG, else ~/.kube/config, as for kubectl."""
    named = next((name for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name), "")
    return Path(named) if named else Path.home() / ".kube" / "config"


def _note(place: Place) -> Path:
    return credentials.kubeconfig(place).with_name("merged")
