"""The components' usage and limits, as a table that is redrawn with every sample."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.text import Text

from labctl import numbers
from labctl.model import Usage
from labctl.numbers import MISSING
from labctl.ui.kit.bars import bar
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN, colour_of
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_BAR: Final = 8
_EVERY_S: Final = 1.0
_NARROW: Final = 76                     # below it there are no bars
_TIGHT, _FULL = 0.75, 0.95              # shares of a limit: worth attention, and almost reached


def watch(console: Console, looks: Iterable[Sequence[Usage]]) -> None:
    """Draw one sample after another, until interrupted; the last one stays."""
    with Live(console=console, auto_refresh=False) as live:
        for look in looks:
            live.update(render(look), refresh=True)
            time.sleep(_EVERY_S)


def render(usage: Sequence[Usage]) -> RenderableType:
    return _View(usage)


@dataclass(frozen=True, slots=True)
class _View:
    usage: Sequence[Usage]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        bars = options.max_width >= _NARROW
        table = new_table("component", "cpu, cores", *([""] if bars else []), "memory", *([""] if bars else []), "throttled")
        for column in table.columns:
            column.no_wrap = True
            column.justify = "right" if column.header and column is not table.columns[0] else "left"
        for usage in self.usage:
            cpu = _against(usage.cpu, usage.cpu_limit, numbers.cores)
            memory = _against(usage.memory, usage.memory_limit, numbers.size)
            figures = (*cpu, *memory) if bars else (cpu[0], memory[0])
            name = Text(visible(usage.component), style=colour_of(usage.component))
            table.add_row(name, *figures, _throttled(usage.throttled))
        yield table


def _against(used: float | None, limit: float | None, words: Callable[[float], str]) -> tuple[Text, Text]:
    """`0.12 of 0.50`, and a bar of the one in the other."""
    taken = MISSING if used is None else words(used)
    if not limit:
        return Text(taken), Text()
    share = min((used or 0.0) / limit, 1.0)
    colour = BAD if share >= _FULL else WARN if share >= _TIGHT else GOOD
    return Text.assemble(taken, (f" of {words(limit)}", DIM)), Text(bar(share, _BAR).ljust(_BAR), style=colour)


def _throttled(share: float | None) -> Text:
    if share is None:
        return Text(MISSING, style=DIM)
    return Text(numbers.percent(share, 1.0), style=WARN if share > 0 else "")
