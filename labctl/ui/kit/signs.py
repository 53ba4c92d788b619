"""The signs in front of a row: passed, failed, not known."""

from rich.text import Text

from labctl.numbers import MISSING
from labctl.ui.kit.palette import BAD, GOOD, WARN


def passed(ok: bool | None) -> Text:
    """`✓`, `✗`, or a dash for None."""
    if ok is None:
        return Text(MISSING, style=WARN)
    return Text("✓", style=GOOD) if ok else Text("✗", style=BAD)
