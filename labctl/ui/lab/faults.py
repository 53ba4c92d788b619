"""The faults that can be made, those that are on, and those that are gone."""

import time
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labctl.faults.breaking import Broken
from labctl.faults.listing import ListedFault
from labctl.faults.mending import Mended
from labctl.numbers import plural, seconds
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.plain import say
from labctl.ui.kit.table import new_table


def render(rows: Sequence[ListedFault]) -> RenderableType:
    parts: list[RenderableType] = []
    widths = max(len(one.name) for one in rows), max(len(", ".join(one.targets)) for one in rows)
    for row, faults in groupby(rows, key=lambda listed: listed.row):
        parts += [Text(f"{row[0].upper()}{row[1:]}", style="bold"), _table(faults, widths), Text()]
    return Group(*parts, Text.assemble("by name, or a random one: ", (typed("labctl break --random"), "bold")))


def _table(faults: Iterable[ListedFault], widths: tuple[int, int]) -> Table:
    """With the same widths in every table, so that they stand under each other."""
    table = new_table("fault", "targets", "teaches")
    for column, width in zip(table.columns, widths, strict=False):
        column.no_wrap, column.min_width = True, width
    for one in faults:
        table.add_row(one.name, Text(", ".join(one.targets), style=DIM), one.teaches)
    return table


def line(broken: Broken, now: float | None = None) -> str:
    """`1 fault is on for another 14 min 3 s: wrong-port (labctl mend)`; a secret one is counted, and not named."""
    count = len(broken.named) + broken.secret
    left = broken.until - (time.time() if now is None else now)
    names = f": {', '.join([*broken.named, *['secret'] * broken.secret])}" if broken.named else ""
    until = f" for another {seconds(left)}" if left > 0 else ""
    return f"{plural(count, 'fault')} {'is' if count == 1 else 'are'} on{until}{names} ({typed('labctl mend')})"


def show_broken(broken: Broken) -> None:
    say(line(broken))
    say(f"next: {typed('labctl why')}")


def show_mended(mended: Mended) -> None:
    if not mended.faults and not mended.left:
        say("no fault is on")
        return
    say(f"gone: {', '.join(mended.faults)}; {f'still on: {mended.left}' if mended.left else 'nothing differs from before'}")
