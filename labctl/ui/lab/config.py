"""Every setting with its value and where that comes from."""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table


def render(rows: Iterable[Sequence[str]]) -> RenderableType:
    """Rows of name, value, source and description."""
    table = new_table("setting", "value", "from")
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    table.columns[1].overflow = "fold"
    for name, value, source, description in rows:
        chosen = source != "default"
        table.add_row(
            Text(visible(name), style="bold" if chosen else ""),
            Text.assemble((visible(value), "bold" if chosen else ""), "\n", (visible(description), DIM)),
            Text(visible(source), style="" if chosen else DIM),
        )
    return table
