"""The components of a lab, their states and addresses, and the command that fixes what is missing."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.components import ports
from labctl.lab.status import LabStatus
from labctl.model import Health, PolicyState, State
from labctl.switches.export import EXPORT
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import DIM, WARN, colour_of, colour_of_state
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table

_DETAIL = 200                           # characters
_SIGNS = {State.READY: "●", State.STARTING: "◐", State.DEGRADED: "◑", State.FAILED: "✗", State.ABSENT: "✗"}
_WORDS = {State.ABSENT: "not up"}   # each component belongs to the lab: one that is absent should run
_LABELS = {port.name: port.label or port.name.rpartition("_")[2] for _, port in ports()}


def render(status: LabStatus, now: float | None = None) -> RenderableType:
    """`now` is in Unix seconds."""
    moment = time.time() if now is None else now
    title = Text.assemble(
        (visible(status.lab), "bold"), " on ", (status.target, "bold"), ": ", (status.state, colour_of_state(status.state)),
    )
    kept = (*_switches(status), *_overrides(status.overrides), *_notices(status.notices))
    more = (*_policies(status.network_policies), *kept, *_hints(status.hints))
    return Group(title, Text(), _components(status.components, moment), *more)


def _components(components: Sequence[Health], now: float) -> Table:
    pids = any(component.pid for component in components)        # where there are pods there are none
    table = new_table("component", "state", "where", *(["pid"] if pids else []), "age")
    for column in table.columns[3:]:
        column.justify = "right"
    table.columns[2].overflow = "fold"              # an address is never cut
    for column in (*table.columns[:2], *table.columns[3:]):
        column.no_wrap = True
    for component in components:
        row = _row(component, now)
        table.add_row(*row[:3], *(row[3:] if pids else row[4:]))
    return table


def _row(health: Health, now: float) -> tuple[str | Text, ...]:
    return (
        Text(visible(health.name), style=colour_of(health.name)),
        Text(f"{_SIGNS[health.state]} {_WORDS.get(health.state, health.state)}", style=colour_of_state(health.state)),
        _where(health),
        str(health.pid or ""),
        "" if health.started is None else numbers.age(now - health.started),
    )


def _where(health: Health) -> Text:
    urls = [Text.assemble(visible(url), (f" {visible(_LABELS.get(name, name))}", DIM)) for name, url in health.endpoints.items()]
    said = [*_pod(health), _short(health.detail)]
    return Text("\n").join(urls + [Text(visible(line), style=DIM) for line in said if line])


def _short(detail: str) -> str:
    """Enough to know what it is about; `labctl up` and `-o json` tell all of it."""
    return detail if len(detail) <= _DETAIL else detail[:_DETAIL - 1] + "…"


def _pod(health: Health) -> Iterable[str]:
    """`POD`, then `image TAG, 2 restarts (OOMKilled, exit code 137)`, where there are pods."""
    if health.pod:
        why = f" ({health.reason})" if health.reason else ""
        image = f"image {health.image.rpartition(':')[2]}"
        yield health.pod
        yield ", ".join([image] + [numbers.plural(health.restarts, "restart") + why] * bool(health.restarts))


def _switches(status: LabStatus) -> Iterator[RenderableType]:
    if status.switches:
        yield Text.assemble("\nswitched on until ", (typed("labctl up --NAME off"), "bold"), ":")
    for name, text in status.switches.items():
        note = f", {status.notes[name]}" if name in status.notes else ""
        yield Padding(Text.assemble(f"--{name} ", (visible(text), "bold"), (visible(note), DIM)), (0, 0, 0, 2), expand=False)
        for what, place in status.fetched.items() if name == EXPORT.name else ():
            yield Text(f"    {what}: {visible(place)}", style=DIM)


def _notices(notices: Sequence[str]) -> Iterator[RenderableType]:
    for notice in notices:
        what, _, command = notice.rpartition(": ")
        yield Text.assemble("\n! ", (visible(what), WARN), ": ", (visible(typed(command)), "bold"))


def _policies(state: PolicyState | None) -> Iterator[RenderableType]:
    if state is PolicyState.NOT_ENFORCED:
        yield Text("\nNetworkPolicies are not enforced here: every pod of the cluster reaches the collector and the viewer", DIM)
    elif state is PolicyState.UNKNOWN:
        yield Text("\nwhether this cluster enforces NetworkPolicies is unknown", DIM)


def _overrides(overrides: Mapping[str, str]) -> Iterator[RenderableType]:
    if overrides:
        yield Text.assemble("\nset until ", (typed("labctl up --unset NAME"), "bold"), ":")
    for name, text in overrides.items():
        yield Text.assemble(f"  {visible(name)}=", (visible(text), "bold"))


def _hints(hints: Sequence[str]) -> Iterator[RenderableType]:
    for hint in hints:
        yield Text.assemble("\ntry: ", (visible(typed(hint)), "bold"))
    if hints:
        yield Text.assemble("why: ", (visible(typed("labctl why")), "bold"))
