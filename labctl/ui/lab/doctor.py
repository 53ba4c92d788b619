"""What this machine has against what each target needs, and the hints for what is missing."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.signs import passed
from labctl.ui.kit.table import heads


def render(checks: Iterable[Mapping[str, Any]]) -> RenderableType:
    """`{"name","ok","found","needed","hint"}`; `ok` is None for what is absent and not needed here."""
    table = heads("", "check", "found", "needed")
    table.columns[1].no_wrap = True
    hints = []
    for check in checks:
        table.add_row(
            passed(check.get("ok")), visible(check["name"]), visible(check.get("found") or ""),
            Text(visible(check.get("needed") or ""), style=DIM),
        )
        if check.get("hint") and not check.get("ok"):
            hints.append(Text.assemble(f"{visible(check['name'])}: ", (visible(check["hint"]), "bold")))
    return Group(table, *([Text(), *hints] if hints else []))
