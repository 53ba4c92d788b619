"""One labctl at a time changes a lab: an advisory file lock that the kernel drops with the process, however it ends."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from labctl.errors import Locked, Refused, again, os_reason
from labctl.host.documents import private_opener
from labctl.host.folders import OTHER_STATE


@contextmanager
def hold(path: Path, doing: str) -> Iterator[None]:
    """Hold the lock while the block runs. Raises Locked at once when another process has it."""
    with _locked_file(path) as file:
        with suppress(OSError):         # a full disk: only who has the lock stays unsaid, and `down` has to work
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), json.dumps({"pid": os.getpid(), "doing": doing}).encode())
        try:
            yield
        finally:
            if not path.with_suffix("").exists():       # a lab that has left nothing, or never was
                path.unlink(missing_ok=True)


def remove_unheld(path: Path) -> bool:
    """Delete a lock that nobody holds. Returns whether it is gone."""
    try:
        with path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except OSError:                                     # BlockingIOError where somebody has it
        return False
    return True


def _locked_file(path: Path) -> TextIO:
    """The open file, with the lock; opened again where its holder has deleted it between our opening and locking it."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = open(path, "a+", opener=private_opener)  # noqa: SIM115 - its holder closes it
        except OSError as error:
            raise Refused(f"the state folder cannot be written: {os_reason(error)}", advice=OTHER_STATE) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_nlink:
                return file
        except BlockingIOError:
            file.close()
            raise _locked(path) from None
        file.close()


def _locked(path: Path) -> Locked:
    try:
        holder = json.loads(path.read_text())
        who = f"labctl {holder['doing']} (pid {holder['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another labctl"
    return Locked(f"the lab is locked by {who}", advice=f"wait for it, or end it, then repeat: {again()}")
