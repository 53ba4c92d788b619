"""The hops that a canary passed, in their order."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import RenderableType

from labctl import numbers
from labctl.numbers import MISSING
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.signs import passed
from labctl.ui.kit.table import heads


def render(found: Iterable[Mapping[str, Any]]) -> RenderableType:
    """`{"hop","ok","ms","seen"}` in the order in which the canary passed them."""
    table = heads("", "hop", "after", "seen")
    table.columns[2].justify = "right"
    table.columns[1].no_wrap = table.columns[2].no_wrap = True
    for hop in found:
        after = MISSING if hop.get("ms") is None else numbers.milliseconds(hop["ms"])
        table.add_row(passed(hop.get("ok")), visible(hop["hop"]), after, visible(hop.get("seen") or ""))
    return table
