"""Whether faults are recorded, asked by every command: nothing else of the faults is imported for that."""

from pathlib import Path
from typing import Final

FILE: Final = "faults.json"             # in the state folder


def recorded(state: Path) -> bool:
    return (state / FILE).exists()


def forget(state: Path) -> None:
    for name in (FILE, f"{FILE}.new"):
        (state / name).unlink(missing_ok=True)
