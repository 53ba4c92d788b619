"""The headers that backends of --export ask for: read from the user's files, kept as private files of the state folder."""

import json
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Final

from labctl.credentials import private_files
from labctl.errors import Refused
from labctl.host.documents import read_text
from labctl.switches.export_headers import NAME, files

FILE: Final = "headers.yaml"
FOLDER: Final = "headers"
MAX_BYTES: Final = 64 << 10
_HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*?)\s*")
_EXPECTED: Final = "a line is one header, such as x-honeycomb-team: KEY"        # no word for which the key would be taken out
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def file_of(state: Path, backend: str) -> Path:
    return state / FOLDER / backend / FILE


def backends(switches: Mapping[str, str]) -> list[str]:
    return list(_given(switches))


def _given(switches: Mapping[str, str]) -> dict[str, Path]:
    return files(switches[NAME]) if NAME in switches else {}


def require_usable(state: Path, switches: Mapping[str, str]) -> None:
    """Raises Refused where `prepare` would, and writes nothing. A pipe can be read once, which is left to `prepare`."""
    for name, path in _given(switches).items():
        if path.is_file() or path.is_dir() or not path.exists():
            _content(name, path, private_files.read(file_of(state, name)))


def prepare(state: Path, switches: Mapping[str, str]) -> list[str]:
    """Take over what the files say now; one that is gone has been taken over before. Returns the backends that have new ones."""
    return [name for name, path in _given(switches).items() if _take(file_of(state, name), name, path)]


def forget_others(state: Path, switches: Mapping[str, str]) -> None:
    """Delete those of backends that have none any more."""
    given = backends(switches)
    for folder in (state / FOLDER).glob("*"):
        if folder.name not in given:
            shutil.rmtree(folder, ignore_errors=True)


def _take(kept: Path, backend: str, path: Path) -> bool:
    before = private_files.read(kept)
    content = _content(backend, path, before)
    if content == before:
        return False
    private_files.write(kept, content)
    return True


def _content(backend: str, path: Path, before: bytes | None) -> bytes:
    """What the file says, or has said where it is gone. The error says which switch names it."""
    if before is not None and not path.exists():
        return before
    try:
        return as_yaml(_read(path))
    except Refused as error:
        raise Refused(
            # the path last: what follows `…-token:` would not be shown
            f"--{NAME} {backend}: {error.message.removeprefix(f'{path}: ')}: {path}",
            detail=error.detail or ("" if error.hint else _EXPECTED), hint=error.hint or _mending(backend, path),
        ) from None


def _mending(backend: str, path: Path) -> str:
    if path.is_dir():
        return f"labctl up --{NAME} {backend}=FILE"
    if path.is_file():
        return f"${{EDITOR:-vi}} {quote(str(path))}"
    return f"(umask 077; echo 'x-honeycomb-team: KEY' > {quote(str(path))})"


def _read(path: Path) -> str:
    text = read_text(path, limit=MAX_BYTES, pipes=True)
    found = path.stat()
    if stat.S_ISREG(found.st_mode) and found.st_mode & _OTHERS:
        raise Refused("others may read the file, which holds a secret", hint=f"chmod 600 {quote(str(path))}")
    return text


def as_yaml(text: str) -> bytes:
    """The map of headers that the collector reads. `$` is doubled, since the collector fills in what follows one."""
    pairs = (f"{json.dumps(name)}: {json.dumps(value).replace('$', '$$')}\n" for name, value in _headers(text))
    return "".join(pairs).encode()


def _headers(text: str) -> Iterator[tuple[str, str]]:
    """The secret is never part of an error."""
    found = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _HEADER.fullmatch(line)
        if not match or not match[2] or not match[2].isprintable():
            raise Refused(f"line {number}: no header")
        found = True
        yield match[1], _unquoted(match[2])
    if not found:
        raise Refused("no header in it")


def _unquoted(value: str) -> str:
    """A value in quotes, as YAML has it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
