"""The text of a configuration file that a manifest holds: a plain process is given the very ConfigMap that a pod mounts."""

from pathlib import Path

from labctl.components import ConfigFile
from labctl.errors import Refused


def configuration(project: Path, config: ConfigFile) -> str:
    """The text under `config.key` in the ConfigMap. Raises Refused when the manifest has none."""
    import yaml

    path = project / "manifests" / config.manifest
    try:
        manifest = yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        text = manifest["data"][config.key]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise Refused(f"{path} holds no ConfigMap with data: {config.key}", detail=str(error)) from None
    if not isinstance(text, str):
        raise Refused(f"{path}: data: {config.key} is not text", hint=f"write it as a block: {config.key}: |")
    return text
