"""Reading and writing what only its owner may read, with errors that a user can act upon."""

import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from labctl.errors import Refused, os_reason
from labctl.host.documents import write_private
from labctl.host.folders import OTHER_STATE

_OTHERS: Final = 0o077


def write(path: Path, content: bytes) -> None:
    """As a whole: who reads it sees the old content or the new. Raises Refused where the folder cannot be written."""
    try:
        write_private(path, content)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {os_reason(error)}", advice=OTHER_STATE) from None


def read(path: Path) -> bytes | None:
    """None where there is no such file. Raises Refused where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(
            f"{path} cannot be read: {os_reason(error)}",
            advice="run labctl up as the user who started the lab",
        ) from None


def take_back(folder: Path) -> None:
    """From now on nobody else can read a file below it. One of another user stays as it is."""
    for path in folder.rglob("*"):
        with suppress(OSError):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and mode & _OTHERS:
                path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
