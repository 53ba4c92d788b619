"""Two runs side by side: each figure before and after, the change of the figures, that from slice to slice, and the verdict."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.load.judge.compare import Comparison
from labctl.load.kept_runs import KeptRun
from labctl.numbers import MISSING
from labctl.telemetry.statistics.change import NOTHING, Change
from labctl.ui.kit.palette import BAD, DIM, GOOD, P99_COLOUR, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_WIDE = 78                              # cells that the bounds have room in


def render(before: KeptRun, after: KeptRun, comparison: Comparison, now: float | None = None) -> RenderableType:
    """`now` is in Unix seconds."""
    return _View(before, after, comparison, time.time() if now is None else now)


@dataclass(frozen=True, slots=True)
class _View:
    before: KeptRun
    after: KeptRun
    comparison: Comparison
    now: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from (_named("before", self.before, self.now), _named("after", self.after, self.now), "")
        yield _table(self.comparison, bounds=options.max_width >= _WIDE)
        yield from _closing(self.comparison)


def _named(word: str, run: KeptRun, now: float) -> Text:
    ago = f"{numbers.age(now - run.at)} ago"
    return Text.assemble((f"{word:<6}  ", DIM), (visible(run.summary.run_id), "bold"), f"  {ago:<11}", visible(run.scenario))


def _table(comparison: Comparison, *, bounds: bool) -> Table:
    table = new_table("", "before", "after", "change", *(("slices, 99 %",) if bounds else ()), "")
    for column in table.columns:
        column.no_wrap = True
    for column in table.columns[1:-1]:
        column.justify = "right"
    for change in comparison.changes:
        colour = P99_COLOUR if change.figure == "p99" else ""
        name, values = _figure(change)
        figures = [Text(value, style=colour) for value in values]
        between = (_between(change),) if bounds else ()
        table.add_row(name, *figures, _change(change), *between, Text(_verdict(change), style=_style(change)))
    return table


def _verdict(change: Change) -> str:
    return change.verdict if change.generator is None else "generator?"


def _between(change: Change) -> Text:
    if change.low is None or change.high is None:
        return Text(MISSING, style=DIM)
    outside = change.typical is not None and change.change is not None and not change.low <= change.change <= change.high
    typical = f"{_signed(100 * (change.typical or 0.0))}: " if outside else ""      # the change of the whole is another one
    return Text(f"{typical}{_signed(100 * change.low)} to {_signed(100 * change.high)} %", style=DIM)


def _style(change: Change) -> str:
    if change.worse:
        return BAD
    return DIM if change.verdict in NOTHING else GOOD


def _change(change: Change) -> str:
    if change.change is None:
        return MISSING
    return f"{_signed(change.change)} points" if change.figure == "errors" else f"{_signed(100 * change.change)} %"


def _value(figure: str, value: float | None) -> str:
    if value is None:
        return MISSING
    if figure == "errors":
        return numbers.percent(value, 100.0)
    return numbers.rate(value) if figure == "rate" else numbers.milliseconds(value)


def _figure(change: Change) -> tuple[str, list[str]]:
    """Its name and its two values; where the planned rates differ, how much of them was kept."""
    shares = [numbers.percent(share, 1.0) for share in (change.before_share, change.after_share) if share is not None]
    if shares:
        return f"{change.figure} kept", shares
    return change.figure, [_value(change.figure, value) for value in (change.before, change.after)]


def _signed(value: float) -> str:
    return f"{value:+.1f}" if abs(value) >= 0.05 else "0"  # noqa: PLR2004 what rounds to nothing


def _closing(comparison: Comparison) -> Iterator[RenderableType]:
    yield Text()
    yield Text(comparison.verdict(), style=f"bold {BAD}" if comparison.worse else "bold")
    for note in comparison.notes:
        yield Text.assemble(("! ", WARN), visible(note))
