"""The lab's certificates as a table: whom each is for, its names, and how long it is still valid."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import RenderableType
from rich.text import Text

from labctl.credentials.listing import Listed
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_DAY = timedelta(days=1)


def render(found: Sequence[Listed]) -> RenderableType:
    table = new_table("for", "expires", "left", "names")
    table.columns[3].overflow = "fold"
    for column in table.columns[:3]:
        column.no_wrap = True
    for one in found:
        table.add_row(
            Text("CA" if one.holder == "ca" else one.holder, style="bold"), f"{one.ends:%Y-%m-%d}", _left(one),
            Text("\n".join(map(visible, [one.subject] if one.holder == "ca" else one.names)), style=DIM),
        )
    return table


def _left(one: Listed) -> Text:
    if one.left <= timedelta(0):
        return Text("expired", style=BAD)
    left = f"{one.left // _DAY} d" if one.left >= _DAY else f"{one.left // timedelta(hours=1)} h"
    return Text(left, style=WARN if one.is_due else GOOD)
