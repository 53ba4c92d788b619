"""The user's folders: home, state, the current one. An error about one names the variable that sets it."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from labctl.errors import Refused, os_reason

OTHER_STATE = "set LABCTL_STATE_DIR to another folder"


def home() -> Path:
    """$HOME, else the one in the user database. Raises Refused where neither is an absolute path."""
    named = os.environ.get("HOME", "")
    if Path(named).is_absolute():
        return readable(named, "HOME")
    import pwd

    try:
        entry = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        entry = ""
    if not Path(entry).is_absolute():
        problem = f"HOME={named} is not an absolute path" if named else "HOME is not set"
        raise Refused(f"{problem}, and user {os.getuid()} has no home folder in the user database",
                      advice="set HOME, or LABCTL_STATE_DIR")
    return Path(entry)


def state_home() -> Path:
    """$XDG_STATE_HOME, ignored when relative as its specification says, else ~/.local/state."""
    named = os.environ.get("XDG_STATE_HOME", "")
    return readable(named, "XDG_STATE_HOME") if Path(named).is_absolute() else home() / ".local" / "state"


def named(text: str, setting: str) -> Path:
    """The folder that a setting names, absolute and with links resolved; `~` and `~user` are expanded."""
    path = readable(text, setting)
    try:
        if path.parts[:1] == ("~",):
            path = home().joinpath(*path.parts[1:])
        return path.expanduser().resolve()
    except RuntimeError as error:                       # no such user; before Python 3.13 also a symlink loop
        reason = "there is no such user" if text.startswith("~") else str(error).lower()
        raise Refused(f"{setting}={text}: {reason}") from None
    except FileNotFoundError:
        raise Refused(f"{setting}={text}: the current folder was deleted, so a relative path is useless", hint="cd") from None
    except OSError as error:
        raise Refused(f"{setting}={text}: {os_reason(error)}") from None


def current() -> Path | None:
    """None where it was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def readable(text: str, setting: str) -> Path:
    """Raises Refused for a path that is not UTF-8: SQLite, the collector and JSON need one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(text).decode(errors="backslashreplace")
        raise Refused(f"{setting}={shown} is not UTF-8", advice=f"set {setting} to a folder whose name is UTF-8") from None
    return Path(text)


class Disk(NamedTuple):
    total: int                          # bytes
    free: int


def disk(folder: Path) -> Disk:
    """The disk of `folder`, or of its nearest ancestor that exists and is accessible."""
    while not os.access(folder, os.F_OK):
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return Disk(usage.total, usage.free)


def free_bytes(folder: Path) -> int:
    """As `disk` has it."""
    return disk(folder).free
