"""Files that only their owner may read, replaced as a whole: who reads one sees the old content or the new."""

import os
import secrets
from pathlib import Path

from labctl.errors import Refused, os_reason
from labctl.host.folders import OTHER_STATE

FILE_MODE, FOLDER_MODE = 0o600, 0o700


def write(path: Path, content: bytes) -> None:
    """Raises Refused where the folder cannot be written."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            file.write(content)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise Refused(f"{path} cannot be written: {os_reason(error)}", hint=OTHER_STATE) from None


def read(path: Path) -> bytes | None:
    """None where there is no such file. Raises Refused where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"{path} cannot be read: {os_reason(error)}", hint="labctl up, as the user who started the lab") from None
