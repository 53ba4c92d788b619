"""Alerts: what fires, with its cause beside it, and what was resolved of late."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.addons.alerts import Alert
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.why.alerts import ExplainedAlerts

_MOST: Final = 20                       # alerts of a kind that a screen shows
_LONGEST: Final = 400                   # characters of a text from outside


def render(found: ExplainedAlerts, now: float) -> RenderableType:
    """`now` is in Unix seconds."""
    return Group(*_parts(found, now))


def _parts(found: ExplainedAlerts, now: float) -> Iterator[RenderableType]:
    alerts = found.alerts
    if not alerts.firing:
        yield Text.assemble(("✓ ", GOOD), ("No alert fires", "bold"))
    for place, alert in enumerate(alerts.firing[:_MOST]):
        if place:
            yield Text()
        yield from _firing(found, alert, now)
    for alert in alerts.pending[:_MOST]:
        yield Text(f"· {visible(_name(alert))} is pending since {numbers.moment(alert.since, now)}", style=DIM)
    if more := len(alerts.firing[_MOST:]) + len(alerts.pending[_MOST:]):
        yield Text(f"\nand {more} more: {typed('labctl alerts -o json')}", style=WARN)
    if alerts.resolved:
        yield Text("\nResolved within the last hour", style="bold")
        yield _resolved(alerts.resolved, now)
    if alerts.unknown:
        yield Text(f"\nwhat was delivered and what was resolved is unknown: {visible(alerts.unknown)}", style=WARN)
    if not alerts.has_alertmanager:
        addons = ",".join(filter(None, (alerts.addons, "alertmanager")))
        yield Text.assemble(("\nwithout Alertmanager nobody is notified, and resolved alerts are not kept\n", DIM),
                            (visible(typed(f"labctl up --with {addons}")), "bold"))


def _firing(found: ExplainedAlerts, alert: Alert, now: float) -> Iterator[RenderableType]:
    yield Text.assemble(("✗ ", BAD), (visible(_name(alert)), "bold"), f" fires since {numbers.moment(alert.since, now)}")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=0)
    grid.add_column(style=DIM)
    grid.add_column(overflow="fold")
    for name, text in _details(found, alert):
        grid.add_row("", name, text)
    yield grid


def _details(found: ExplainedAlerts, alert: Alert) -> Iterator[tuple[str, Text]]:
    if alert.summary:
        yield "what", Text(_cut(visible(alert.summary)))
    if alert.value is not None:
        share = bool(alert.objective)
        yield "value", Text(f"{100 * alert.value:.1f} % of the requests are bad" if share else f"{alert.value:g}")
    cause = found.cause_of(alert)
    if cause:
        yield "why", Text(visible(cause.message))
    elif found.failed:
        yield "why", Text(visible(f"unknown: could not look at {'; '.join(found.failed)}"), style=WARN)
    else:
        yield "why", Text("labctl why finds no cause", style=DIM)
    if cause and cause.remedy:
        yield "try", Text(visible(typed(cause.remedy)), style="bold")
    if alert.runbook:
        yield "runbook", Text(_cut(visible(typed(alert.runbook))), style="bold")
    if alert.delivered is False:
        yield "", Text("Alertmanager has not delivered it to the viewer", style=WARN)


def _name(alert: Alert) -> str:
    of = f" of {alert.objective}" if alert.objective else ""
    return _cut(f"{alert.name}{of}") + (f" ({_cut(alert.severity)})" if alert.severity else "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _resolved(alerts: Sequence[Alert], now: float) -> Table:
    table = new_table("alert", "resolved", "after")
    for one in alerts:
        ended = one.ended or now
        table.add_row(visible(_name(one)), numbers.moment(ended, now), numbers.age(ended - one.since))
    return table
