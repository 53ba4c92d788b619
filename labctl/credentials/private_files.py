"""Reading and writing what only its owner may read, with errors that a user can act upon."""

from pathlib import Path

from labctl.errors import Refused, os_reason
from labctl.host.documents import write_private
from labctl.host.folders import OTHER_STATE


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
