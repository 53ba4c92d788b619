"""Checks rules of Prometheus with its own promtool, where that is on the PATH."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from labctl.errors import LabError
from labctl.host import commands

PROMTOOL: Final = "promtool"
_TIMEOUT_S: Final = 20.0


def check(text: str) -> bool:
    """Whether they were checked. Raises LabError with promtool's words where they are wrong."""
    if not shutil.which(PROMTOOL):
        return False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        file.write_text(text, encoding="utf-8")
        try:
            commands.run([PROMTOOL, "check", "rules", str(file)], timeout=_TIMEOUT_S)
        except LabError as error:
            raise LabError("promtool rejected the rules", detail=error.detail or error.message) from None
    return True
