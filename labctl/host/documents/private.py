"""Files of the state folder: written whole or not at all, and readable by this user alone, since settings may hold secrets."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


def write_private(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Its folder is created when it is missing; `durable` also survives a power cut. Raises OSError, and leaves no half file."""
    fresh = path.with_name(f"{path.name}.fresh")
    path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def private_opener(name: str, flags: int) -> int:
    """For open(): a file that it creates is this user's alone."""
    return os.open(name, flags, MODE)
