"""The kept runs as a table, the newest last, next to the prompt."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from labctl import numbers
from labctl.load.kept_runs import KeptRun
from labctl.load.measure import percentiles
from labctl.numbers import MISSING
from labctl.ui.kit.palette import BAD, DIM, GOOD, P99_COLOUR, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_SHORT = 8                              # digits of an id that are enough to tell one run from another
_COLUMNS = (                            # and how wide the screen has to be for each
    ("run", 0), ("age", 0), ("scenario", 76), ("sent", 0), ("rate", 90), ("p50", 0), ("p99", 0), ("failed", 76),
    ("thresholds", 0), ("url", 130),
)
_WORDS = {"run", "scenario", "thresholds", "url"}


def render(found: Sequence[KeptRun], now: float | None = None) -> RenderableType:
    """`now` is in Unix seconds."""
    if not found:
        return Text("No load run yet: labctl load", style=DIM)
    return _View(found, time.time() if now is None else now)


@dataclass(frozen=True, slots=True)
class _View:
    """As many columns as there is room for."""

    runs: Sequence[KeptRun]
    now: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = [place for place, (_, least) in enumerate(_COLUMNS) if options.max_width >= least]
        table = new_table(*(_COLUMNS[place][0] for place in shown))
        for column in table.columns:
            column.no_wrap = True
            column.justify = "left" if column.header in _WORDS else "right"
        for run in self.runs:
            cells = _row(run, self.now)
            table.add_row(*(cells[place] for place in shown))
        yield table


def _row(run: KeptRun, now: float) -> tuple[str | Text, ...]:
    summary, latency = run.summary, run.summary.latency
    p50, p99 = (percentiles.figure(latency, name) for name in ("p50", "p99"))
    return (
        Text(visible(summary.run_id[:_SHORT]), style="bold"), numbers.age(now - run.at), visible(run.scenario or MISSING),
        numbers.count(summary.sent), numbers.rate(summary.rate), p50, Text(p99, style=P99_COLOUR),
        Text(numbers.count(summary.failed), style=BAD if summary.failed else DIM), _thresholds(run), visible(summary.url),
    )


def _thresholds(run: KeptRun) -> Text:
    if run.met is False:
        return Text("✗ missed", style=BAD)
    if run.summary.interrupted:
        return Text("interrupted", style=WARN)
    return Text("✓ met", style=GOOD) if run.met else Text(MISSING, style=DIM)
