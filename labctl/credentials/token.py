"""The bearer token: a file with one token a line. Clients send the first one, servers accept every one.

Subtle: no line may be empty, not even the last: the collector's extension would accept an empty token. For programs that take a
file with one token alone the first one is in a file of its own.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from labctl.access import is_token as is_one
from labctl.credentials import private_files
from labctl.credentials.file_names import FIRST, TOKEN

BYTES: Final = 32


def file_in(state: Path) -> Path:
    return state / "auth" / TOKEN


def first_in(state: Path) -> Path:
    return state / "auth" / FIRST


def files(state: Path) -> dict[str, bytes]:
    """As a Secret holds them."""
    return {path.name: private_files.read(path) or b"" for path in (file_in(state), first_in(state))}


def fresh() -> str:
    return secrets.token_urlsafe(BYTES)


def tokens(state: Path) -> list[str]:
    """Those that are accepted, the one that clients send first."""
    return usable(private_files.read(file_in(state)) or b"")


def usable(content: bytes) -> list[str]:
    """The tokens in a file's content: what a header can hold."""
    return [word for line in content.decode(errors="replace").splitlines() if is_one(word := line.strip())]


def write(state: Path, accepted: Sequence[str]) -> None:
    private_files.write(file_in(state), "\n".join(accepted).encode())
    private_files.write(first_in(state), "".join(accepted[:1]).encode())


def ensure(state: Path) -> bool:
    """Make one where there is none, and take out what an editor has added, such as an empty line. Returns whether one is new."""
    found = tokens(state)
    if not found or files(state) != {TOKEN: "\n".join(found).encode(), FIRST: found[0].encode()}:
        write(state, found or [fresh()])
    return not found
