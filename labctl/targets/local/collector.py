"""Which collector a lab has here: the real one when it is on the PATH, else the viewer takes its ports.

Both are driven by what `manifests/collector-config.yaml` says: the real one is given the ConfigMap's very text.
"""

import shutil
from pathlib import Path

from labctl.errors import Refused

BINARIES = ("otelcol-contrib", "otelcol")


def binary() -> str | None:
    """The collector on the PATH, the one with more components first."""
    return next((found for name in BINARIES if (found := shutil.which(name))), None)


def configuration(project: Path) -> str:
    """The text under `collector.yaml` in the ConfigMap. Raises Refused when the manifest has none."""
    import yaml

    path = project / "manifests" / "collector-config.yaml"
    try:
        manifest = yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        text = manifest["data"]["collector.yaml"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise Refused(f"{path} holds no ConfigMap with data: collector.yaml", detail=str(error)) from None
    if not isinstance(text, str):
        raise Refused(f"{path}: data: collector.yaml is not text", hint="write it as a block: collector.yaml: |")
    return text
