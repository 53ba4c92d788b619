"""A configuration file from a manifest: a local process gets the same ConfigMap content that a pod mounts."""

from pathlib import Path

from labctl.components import ConfigFile
from labctl.errors import Refused
from labctl.host.documents import read_yaml


def configuration(project: Path, config: ConfigFile) -> str:
    """The text under `config.key` in the ConfigMap. Raises Refused when the manifest has none."""
    path = project / "manifests" / config.manifest
    for document in read_yaml(path):
        if document.field("kind").value == "ConfigMap":
            return document.field("data").field(config.key).text()
    raise Refused(f"{path} has no ConfigMap", hint=f"the collector's configuration is its data: {config.key}")
