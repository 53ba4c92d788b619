"""The user's own kubeconfig, which is changed only on request: kind adds the cluster there, and removes it again."""

import os
from pathlib import Path

from labctl.host import commands, folders
from labctl.host.documents import write_private
from labctl.targets.kind.cluster import kubeconfig
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.tool_environment import tool_environment

EXPORT_S = 20.0


def merge(names: ClusterNames) -> Path:
    """Add the cluster to the user's kubeconfig, as its current context; recorded, so that `down` removes it."""
    file = _user_file()
    argv = ["kind", "export", "kubeconfig", "--name", names.cluster, "--kubeconfig", str(file)]
    commands.run(argv, timeout=EXPORT_S, env=tool_environment())
    write_private(_merge_record(names), str(file))
    return file


def merged_file(names: ClusterNames) -> Path | None:
    """The file to which the cluster was added."""
    record = _merge_record(names)
    return Path(record.read_text()) if record.exists() else None


def _user_file() -> Path:
    """The first file of KUBECONFIG, else ~/.kube/config, as for kubectl."""
    named = next((name for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name), "")
    return Path(named) if named else folders.home() / ".kube" / "config"


def _merge_record(names: ClusterNames) -> Path:
    return kubeconfig.file_of(names).with_name("merged")
