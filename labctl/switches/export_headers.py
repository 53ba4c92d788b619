"""--export-headers: files with what a backend of --export asks for, such as a key; what they hold is recorded nowhere."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Final

from labctl.errors import UsageError
from labctl.switches.destinations import KEYED, Destination, destinations
from labctl.switches.switch import OFF, Effect, Switch

NAME: Final = "export-headers"
ALLOWED: Final = "FILE, or NAME=FILE for each backend, separated by commas; each line is a header such as x-api-key: KEY"
_PAIR: Final = r"([a-z][-a-z0-9]*)=(.+)"


def files(text: str) -> dict[str, Path]:
    """By the backend's name; a file without one is that of the only backend, by the name "". Raises ValueError."""
    found: dict[str, Path] = {}
    for word in (part.strip() for part in text.split(",")):
        match = re.fullmatch(_PAIR, word)
        name, path = (match[1], match[2]) if match else ("", word)
        if not path or name in found:
            raise ValueError(ALLOWED)
        found[name] = Path(path)
    if "" in found and len(found) > 1:
        raise ValueError(ALLOWED)
    return found


def settled(text: str, on: Mapping[str, str]) -> str:
    """With the backends' names and whole paths. Raises UsageError where it names no backend that takes headers."""
    takes = [one.name for one in destinations(on["export"]) if one.takes_headers]
    given = files(text)
    if "" in given and len(takes) == 1:
        given = {takes[0]: given[""]}
    wrong = next((name for name in given if name not in takes), None)
    if wrong is not None:
        meant = f"it takes NAME=FILE, with one of {', '.join(takes)}" if takes else "no backend of --export takes headers"
        hint = f"labctl up --export {quote(on['export'])} --{NAME} {f'{takes[0]}=FILE' if takes else OFF}"
        raise UsageError(f"--{NAME} {text}: {meant}", hint=hint)
    return ",".join(f"{name}={path.expanduser().absolute()}" for name, path in given.items())


def require_keys(text: str, on: Mapping[str, str]) -> str:
    """The value of --export. Raises UsageError where a backend of it has to be given a key."""
    given = files(on[NAME]) if NAME in on else {}
    lacks = next((one.name for one in destinations(text) if one.name in KEYED and one.name not in given and "" not in given), "")
    if lacks:
        raise UsageError(
            f"--export {text}: {lacks} accepts nothing without a key",
            detail=f"manifests/switches/export-{lacks} says which header it is in",
            hint=f"labctl up --export {quote(text)} --{NAME} {lacks}=FILE",
        )
    return text


def effect(text: str) -> Effect:
    return Effect((), {"collector": dict(_variables(text))})


def _variables(text: str) -> Iterator[tuple[str, str]]:
    for name in filter(None, files(text)):
        yield f"{Destination(name).variable}_HEADERS", f"${{file:/etc/lab/headers/{name}/headers.yaml}}"


EXPORT_HEADERS: Final = Switch(
    NAME, "NAME=FILE,…|off", (),
    "files with the headers that the backends of --export require, such as a key; only you may be able to read them",
    effect, needs=("export",), repeatable=True, settled=settled,
)
