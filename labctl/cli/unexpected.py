"""An unexpected exception as one line: what it was, and the file with the traceback.

LABCTL_DEBUG=1 prints the traceback on stderr instead.
"""

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path

from labctl import DISTRIBUTION
from labctl.errors import LabError, os_reason
from labctl.host import folders

DEBUG = "LABCTL_DEBUG"


def explain(error: BaseException) -> LabError:
    """The system's message where this machine is the cause (a full disk, no permission); else the exception's."""
    path = _save("".join(traceback.format_exception(error)))
    hint = f"the details are in {path}" if path else f"{DEBUG}=1 shows the details"
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("labctl"):
        install = f"pip install {DISTRIBUTION}\nmake .venv/run.stamp"
        return LabError(f"this Python environment lacks the package {error.name}", hint=install)
    if isinstance(error, OSError) and error.strerror:
        return LabError(os_reason(error), advice=hint)
    words = " ".join(str(error).split())[:300]
    return LabError(f"internal error in labctl: {type(error).__name__}{': ' if words else ''}{words}", advice=hint)


def tell(error: BaseException) -> None:
    """On stderr, with its whole traceback where that is wanted."""
    from labctl.ui import failure

    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    else:
        failure.show(explain(error))


def _save(text: str) -> Path | None:
    head = f"labctl {' '.join(sys.argv[1:])}\nPython {platform.python_version()} on {platform.platform()}\n\n"
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(prefix="labctl-fault-", suffix=".txt", dir=folder)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(head + text)
            return Path(name)
        except OSError:
            continue
    return None


def _folders() -> list[Path]:
    try:
        named = os.environ.get("LABCTL_STATE_DIR")
        return [Path(named) if named else folders.state_home() / "labctl", Path(tempfile.gettempdir())]
    except (LabError, OSError):
        return []
