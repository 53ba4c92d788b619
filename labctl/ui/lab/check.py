"""The hops that a canary passed, in their order."""

from collections.abc import Iterable

from rich.console import RenderableType

from labctl import numbers
from labctl.lab.canary import HopResult
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.signs import passed
from labctl.ui.kit.table import new_table


def render(hops: Iterable[HopResult]) -> RenderableType:
    table = new_table("", "hop", "time", "seen")
    table.columns[2].justify = "right"
    table.columns[1].no_wrap = table.columns[2].no_wrap = True
    table.columns[3].overflow = "fold"
    for hop in hops:
        table.add_row(passed(hop.ok), visible(hop.hop), numbers.milliseconds(hop.ms), visible(hop.seen))
    return table
