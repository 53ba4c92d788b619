"""The software bill of materials of labctl and the lab's images, in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).

Subtle: the same versions give the same bytes: no time, and a serial number that is made of the content. Of an image it lists the
Python packages; the Debian packages are listed in the image itself, which the composition `incomplete` says.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import labctl
from labctl.components import COMPONENTS, Component
from labctl.errors import Refused
from labctl.host import documents
from labctl.lab.contents.packages import Package, installed, locked

SCHEMA: Final = "http://cyclonedx.org/schema/bom-1.6.schema.json"
BASE_IMAGE: Final = re.compile(r"^ARG PYTHON_IMAGE=(\S+?):((\d+\.\d+)\S*)$", re.MULTILINE)
RESTORE: Final = "restore it from the repository"

Entry = dict[str, Any]


def bill(project: Path) -> Entry:
    """Raises Refused when a file of the project lacks what is needed."""
    packages = installed(labctl.DISTRIBUTION)
    own = next((one for one in packages if one.name == labctl.DISTRIBUTION), Package(labctl.DISTRIBUTION, labctl.__version__))
    built, pulled = _images_built(project), _images_pulled(project)
    document: Entry = {
        "$schema": SCHEMA, "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {**_python(own), "type": "application"}},
        "components": [*(_python(one) for one in packages if one is not own), *built, *pulled],
        "dependencies": [{"ref": _purl(one), "dependsOn": [_purl(other) for other in _needs(one, packages)]} for one in packages],
        "compositions": [
            {"aggregate": "complete", "assemblies": [_purl(own)]},
            {"aggregate": "incomplete", "assemblies": [image["bom-ref"] for image in built]},
            {"aggregate": "unknown", "assemblies": [image["bom-ref"] for image in pulled]},
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    return {**document, "serialNumber": serial.urn}


def _purl(package: Package) -> str:
    """https://github.com/package-url/purl-spec."""
    return f"pkg:pypi/{package.name}@{package.version}"


def _python(package: Package, within: str = "") -> Entry:
    """`within` is the image that holds it: a reference is unique in the document."""
    licences = {"licenses": [{"expression": package.licence}]} if package.licence else {}
    purl = _purl(package)
    ref = f"{within}#{purl}" if within else purl
    return {"type": "library", "bom-ref": ref, "name": package.name, "version": package.version, "purl": purl, **licences}


def _needs(package: Package, packages: Iterable[Package]) -> Iterator[Package]:
    return (one for one in packages if one.name in package.requires)


def _images_built(project: Path) -> list[Entry]:
    base = BASE_IMAGE.search(documents.read_text(project / "Dockerfile"))
    if not base:
        raise Refused(f"{project / 'Dockerfile'} has no line ARG PYTHON_IMAGE=NAME:VERSION", hint=RESTORE)
    name, tag, python = base.groups()
    packages = locked(documents.read_text(project / "service" / "requirements.lock"), python)
    return [_image_built(component, (name, tag), packages) for component in COMPONENTS if component.cluster.repository]


def _image_built(component: Component, base: tuple[str, str], packages: Iterable[Package]) -> Entry:
    image = _image(component.cluster.repository, labctl.__version__, f"The image of the {component.name}")
    ref = image["bom-ref"]
    inner = _image(*base, "The image that it is built on")
    return {**image, "components": [{**inner, "bom-ref": f"{ref}#{inner['purl']}"}, *(_python(one, ref) for one in packages)]}


def _images_pulled(project: Path) -> list[Entry]:
    """The images that the manifests name and labctl does not build."""
    return [_image_pulled(project, component) for component in COMPONENTS if not component.cluster.repository]


def _image_pulled(project: Path, component: Component) -> Entry:
    name, _, tag = _named_image(project, component).rpartition(":")
    return _image(name, tag, f"The image of the {component.name}")


def _named_image(project: Path, component: Component) -> str:
    for manifest in component.cluster.manifests:
        for item in documents.read_yaml(project / "manifests" / manifest):
            if item.field("kind").text("") == "Deployment":
                return item.field("spec").field("template").field("spec").field("containers").items()[0].field("image").text()
    raise Refused(f"the Deployment of the {component.name} is missing in manifests/", hint=RESTORE)


def _image(name: str, version: str, description: str) -> Entry:
    purl = f"pkg:docker/{name}@{version}"
    return {"type": "container", "bom-ref": purl, "name": name, "version": version, "description": description, "purl": purl}
