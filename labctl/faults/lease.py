"""Whether faults are recorded, asked by every command: nothing else of the faults is imported for that."""

import shlex
from pathlib import Path
from typing import Final

from labctl.errors import Refused, os_reason

FILE: Final = "faults.json"             # in the state folder


def recorded(state: Path) -> bool:
    return (state / FILE).exists()


def forget(state: Path) -> None:
    """Raises Refused where the record cannot be deleted."""
    for name in (FILE, f"{FILE}.fresh"):
        try:
            (state / name).unlink(missing_ok=True)
        except OSError as error:
            hint = f"rm -r {shlex.quote(str(state / name))}"
            raise Refused(f"what is recorded of the faults cannot be deleted: {os_reason(error)}", hint=hint) from None
