"""The search for the highest rate: a line per rate that was tried, and at the end latency over rate."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
from labctl.load.judge.capacity import Capacity, Trial
from labctl.ui.kit.bars import Bar
from labctl.ui.kit.palette import BAD, BAR, DIM, GOOD, P99_COLOUR
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.signs import passed
from labctl.ui.kit.table import new_table

_BAR = 16                               # cells


def line(trial: Trial) -> Text:
    """`✓ 430/s  p99 48.1 ms`, or what did not hold."""
    p99 = f"p99 {numbers.milliseconds(trial.p99_ms)}" if trial.p99_ms is not None else ""
    said = (p99, P99_COLOUR) if trial.held else visible(trial.why)
    return Text.assemble("  ", passed(trial.held), f" {numbers.rate(trial.rps):>9}  ", said)


def render(capacity: Capacity) -> RenderableType:
    """The answer in words, then a row for each rate."""
    return Group(_answer(capacity), *_note(capacity), "", *_curve(capacity))


def _answer(capacity: Capacity) -> Text:
    if capacity.best is None:
        text = "No rate has met the thresholds so far." if capacity.interrupted else "No rate meets the thresholds."
        return Text(text, style=BAD)
    return Text.assemble(
        f"Highest rate that {'has met' if capacity.interrupted else 'meets'} the thresholds  ",
        (numbers.rate(capacity.best.rps), f"bold {GOOD}"),
        f"  {numbers.plural(capacity.best.workers, 'worker')}  {visible(capacity.url)}",
    )


def _note(capacity: Capacity) -> Iterator[RenderableType]:
    if capacity.short():
        text = "Above it, requests waited for a free worker: with more workers (-c) a higher rate may be possible."
        yield Text(text, style=DIM)


def _curve(capacity: Capacity) -> Iterator[RenderableType]:
    table = new_table("", "planned", "answered", "p50", "p99", "errors", "")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for column in table.columns[1:6]:
        column.justify = "right"
    table.columns[6].max_width = _BAR
    worst = max((trial.p99_ms or 0.0 for trial in capacity.curve), default=0.0)
    for trial in capacity.curve:
        table.add_row(
            passed(trial.held), numbers.rate(trial.rps), numbers.rate(trial.achieved), _time(trial.p50_ms),
            Text(_time(trial.p99_ms), style=P99_COLOUR), numbers.percent(trial.errors, 1.0),
            Bar((trial.p99_ms or 0.0) / worst if worst else 0.0, BAR if trial.held else BAD),
        )
    yield table


def _time(value: float | None) -> str:
    return numbers.MISSING if value is None else numbers.milliseconds(value)

