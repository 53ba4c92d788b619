"""Python packages: those that an installed distribution needs, and those that a lock file names for an image.

Subtle: a requirement counts only where its marker (PEP 508) is true: here for what is installed, in the image for what is locked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Final

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LINUX: Final = {
    "implementation_name": "cpython", "os_name": "posix", "platform_python_implementation": "CPython", "platform_system": "Linux",
    "sys_platform": "linux",
}
LOCKED: Final = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    name: str                           # as the index normalizes it
    version: str
    licence: str = ""                   # an SPDX expression; empty: it names none
    requires: tuple[str, ...] = ()      # names of packages that are listed too


def installed(distribution: str) -> list[Package]:
    """The distribution and everything that it needs here, in the order of their names."""
    found: dict[str, Package] = {}
    waiting, seen = [Requirement(distribution)], set[tuple[str, frozenset[str]]]()
    while waiting:
        wanted = waiting.pop()
        key = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if key not in seen and (there := _distribution(key[0])):
            needed = list(_needed(there, wanted.extras))
            before = found.get(key[0])
            names = {canonicalize_name(one.name) for one in needed} | set(before.requires if before else ())
            found[key[0]] = Package(key[0], there.version, _licence(there), tuple(sorted(names)))
            waiting += needed
        seen.add(key)
    return [replace(one, requires=tuple(name for name in one.requires if name in found)) for _, one in sorted(found.items())]


def _distribution(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None                     # needed, and not there: nothing that could be listed


def _licence(of: metadata.Distribution) -> str:
    name = "License-Expression"
    return of.metadata[name] if name in of.metadata else ""  # noqa: SIM401 - not every Python's metadata has get


def _needed(of: metadata.Distribution, extras: set[str]) -> Iterator[Requirement]:
    for line in of.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (extras or {""})):
            yield requirement


def locked(text: str, python: str) -> list[Package]:
    """The packages of a lock file that are for `python` (`3.13`) on Linux, in the order of their names."""
    environment = {**LINUX, "python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    lines = [match for match in LOCKED.finditer(text) if not match["marker"] or Marker(match["marker"]).evaluate(environment)]
    return sorted((Package(canonicalize_name(line["name"]), line["version"]) for line in lines), key=lambda one: one.name)
