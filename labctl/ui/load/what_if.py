"""What sampling policies would have kept of a run, one row each."""

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.load.sampling.what_if import FIGURES, PolicyOutcome, ReplayedRun
from labctl.ui.kit.palette import DIM, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_FAR: Final = 0.05                      # a figure that is off by more is marked


def render(found: ReplayedRun) -> RenderableType:
    slow = f"{numbers.count(found.slow)} slower than {numbers.milliseconds(found.slow_ms)}"
    counts = f": {numbers.plural(found.traces, 'trace')}, {numbers.plural(found.errors, 'error')}, {slow}"
    title = Text.assemble(("run ", DIM), (visible(found.run_id), "bold"), (counts, DIM))
    return Group(title, *_incomplete(found), Text(), _table(found), *_missed(found))


def _incomplete(found: ReplayedRun) -> Iterator[Text]:
    if found.traces < found.requests:
        of = f"the viewer has {numbers.count(found.traces)} of its {numbers.count(found.requests)} traces"
        yield Text(f"! {of}: what the lab has not kept cannot be replayed", style=WARN)


def _table(found: ReplayedRun) -> Table:
    table = new_table("kept by", "traces", "errors", "slow", *FIGURES)
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    everything = [numbers.milliseconds(value) if value is not None else numbers.MISSING for value in found.figures.values()]
    counts = (found.traces, found.errors, found.slow)
    table.add_row(Text("all of them", style=DIM), *map(numbers.count, counts), *everything)
    for outcome in found.outcomes:
        table.add_row(*_row(found, outcome))
    return table


def _row(found: ReplayedRun, outcome: PolicyOutcome) -> Iterator[Text]:
    yield Text(visible(outcome.sampling), style="bold")
    share = numbers.percent(outcome.traces, found.traces)
    partial = f", {numbers.count(outcome.partial)} in part" if outcome.partial else ""
    yield Text(f"{numbers.count(outcome.traces)}  {share}{partial}", style=WARN if partial else "")
    for kept, there in ((outcome.errors, found.errors), (outcome.slow, found.slow)):
        yield Text(f"{numbers.count(kept)} of {numbers.count(there)}", style=WARN if kept < there else "")
    for figure in FIGURES:
        off = found.off(outcome, figure)
        if off is None:
            yield Text("too few", style=DIM)
        else:
            yield Text(f"{off:+.1%}".replace("%", " %"), style=WARN if abs(off) > _FAR else "")


def _missed(found: ReplayedRun) -> Iterator[RenderableType]:
    for outcome in found.outcomes:
        if outcome.missed:
            yield Text(f"\nmissing with {visible(outcome.sampling)}, the slowest first:", style=DIM)
        for trace in outcome.missed:
            yield Text(f"  {trace.trace_id}  {numbers.milliseconds(trace.ms):>7}{'  error' if trace.error else ''}")
