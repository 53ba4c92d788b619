"""Error budgets: for each objective what was measured, what is left of its budget, and how fast it goes."""

from collections.abc import Iterator, Sequence
from math import floor
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
from labctl.addons.error_budgets import Burn, ErrorBudget, SloReport
from labctl.ui.kit.bars import bar
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN
from labctl.ui.kit.table import new_table

_WIDTH: Final = 6                        # so that all fits into 60 columns
_LITTLE: Final = 0.25                   # of a budget
_ROUNDING: Final = 1e-6                 # of numbers in binary: 99.9 % is a little less than 99.9


def render(report: SloReport) -> RenderableType:
    slo = report.slo
    scaled = f", every window scaled down by {numbers.count(slo.scale)}" if slo.scale > 1 else ""
    title = Text.assemble(
        ("Service level objectives", "bold"), f" over {_time(slo.window_s)}{scaled}: the last {_time(slo.budget_window_s)}",
    )
    table = new_table("objective", "target", "good", "requests", "budget\nleft", "")
    for column in table.columns[:5]:
        column.no_wrap = True
    for column in table.columns[1:5]:
        column.justify = "right"
    for one in report.budgets:
        table.add_row(*_row(one))
    loaded = () if report.loaded else (Text("\nPrometheus has not read the rules of these objectives yet", style=WARN),)
    return Group(title, Text(), table, Text(), *_burns(report.budgets), *loaded)


def _row(one: ErrorBudget) -> tuple[str | Text, ...]:
    left, digits = one.left, max(2, len(f"{100 * one.target:.3f}".rstrip("0").partition(".")[2]))
    colour = DIM if left is None else BAD if left <= 0 else WARN if left < _LITTLE else GOOD
    return (
        Text(one.objective, style="bold"), _share(one.target, digits), _share(one.measured, digits),
        numbers.MISSING if one.requests is None else numbers.count(one.requests),
        Text(numbers.MISSING if left is None else f"{100 * left:.0f} %", style=colour),
        Text(bar(left or 0.0, _WIDTH), style=colour, no_wrap=True, overflow="crop"),
    )


def _share(value: float | None, digits: int) -> str:
    """With as many digits as the objective has, and rounded down: 99.996 % is not all of it."""
    return numbers.MISSING if value is None else f"{floor(100 * value * 10**digits + _ROUNDING) / 10**digits:.{digits}f} %"


def _time(seconds: int) -> str:
    """Such as 30d, or 43m12s."""
    parts = (seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")
    return "".join(f"{count}{unit}" for count, unit in parts if count)


def _burns(budgets: Sequence[ErrorBudget]) -> Iterator[RenderableType]:
    table = new_table("burn rate\nof", "window", "rate", "and in", "rate", "alerts\nabove", "as")
    for place in (2, 4, 5):
        table.columns[place].justify = "right"
    for budget in budgets:
        for place, burn in enumerate(budget.burns):
            table.add_row(Text("" if place else budget.objective, style="bold"), *_burn(burn))
    yield table


def _burn(burn: Burn) -> tuple[str | Text, ...]:
    fires = all(rate is not None and rate > burn.limit for rate in (burn.long, burn.short))
    words = (numbers.MISSING if one is None else f"{one:.1f}" for one in (burn.long, burn.short))
    long, short = (Text(text, style=BAD if fires else "") for text in words)
    return _time(burn.long_s), long, _time(burn.short_s), short, f"{burn.limit:g}", burn.severity
