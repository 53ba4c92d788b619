"""What each store takes for as long as it keeps telemetry, and which reaches its limit first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from labctl import numbers
from labctl.cost.stores import Medium, StoreNeed
from labctl.numbers import MISSING
from labctl.switches.stores import retention
from labctl.ui.kit.palette import DIM, WARN
from labctl.ui.kit.table import new_table

_DAY_S = 86400
_WIDE: Final = 76                       # cells in which there is room for the signals


def render(needs: Sequence[StoreNeed], rps: float | None) -> RenderableType:
    """`rps`: the requests a second that they are for; None: it is unknown."""
    notes = [Text(note, style=WARN) for need in needs if (note := _note(need))]
    return Group(Text("storage" if rps is None else f"storage at {numbers.rate(rps)}", style="bold"), _View(needs), *notes)


@dataclass(frozen=True, slots=True)
class _View:
    needs: Sequence[StoreNeed]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        signals = options.max_width >= _WIDE
        table = new_table("store", *(["keeps"] if signals else []), "for", "needs", "limit")
        for column in table.columns:
            column.no_wrap = True
        table.columns[-2].justify = table.columns[-1].justify = "right"
        for need in self.needs:
            keeps = [Text(need.keeps, style=DIM)] if signals else []
            table.add_row(need.component, *keeps, _time(need), _size(need), _limit(need))
        yield table


def worth_telling(needs: Sequence[StoreNeed], on: Mapping[str, str]) -> bool:
    """Outside of the bill: where the lab has further stores, or somebody has said what they keep."""
    return len(needs) > 1 or retention.NAME in on


def _time(need: StoreNeed) -> str:
    if need.wanted_s is not None:
        return lasting(need.wanted_s)
    return MISSING if need.lasts_s is None else f"the last {lasting(need.lasts_s)}"


def _size(need: StoreNeed) -> Text:
    if need.needs is None:
        return Text("unknown", style=WARN)
    return Text(numbers.size(need.needs), style="" if need.fits else WARN)


def _limit(need: StoreNeed) -> str:
    return "in memory" if need.medium is Medium.MEMORY else numbers.size(need.limit)


def _note(need: StoreNeed) -> str:
    if need.outgrows:
        return f"! {need.component} never drops its last two days, {numbers.size(need.least)}: it outgrows its limit"
    if need.fits or need.lasts_s is None:
        return ""
    return f"! {need.component} drops its oldest after {lasting(need.lasts_s)}: its limit comes first"


def lasting(seconds: float) -> str:
    """`24 h`, `15 d`, `36 min`: without digits that it does not need."""
    for size, unit in ((_DAY_S, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit != "d" and seconds >= size):
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
