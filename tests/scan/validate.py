"""Run by the scanners' own Python, in the folder of the material: what is invalid by its published schema, as JSON.

    validate.py kubernetes 1.34         every object of the manifests
    validate.py cyclonedx 1.6           the list of contents
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def kubernetes(version: str) -> Iterator[tuple[Path, str]]:
    import kubernetes_validate
    import yaml

    for file in sorted(Path("manifests").rglob("*.yaml")):
        try:
            kubernetes_validate.validate(yaml.safe_load(file.read_text()), version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield file, str(error.message)


def cyclonedx(version: str) -> Iterator[tuple[Path, str]]:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    file = Path("sbom.cdx.json")
    error = JsonStrictValidator(SchemaVersion.from_version(version)).validate_str(file.read_text())
    if error:
        yield file, str(error.data.message)


def main(what: str, version: str) -> None:
    invalid = {"kubernetes": kubernetes, "cyclonedx": cyclonedx}[what](version)
    print(json.dumps([{"file": str(file), "text": text} for file, text in invalid]))


if __name__ == "__main__":
    main(*sys.argv[1:])
