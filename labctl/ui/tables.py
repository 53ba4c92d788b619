"""The answers of `status`, `config`, `doctor` and `check` as tables; each takes what `-o json` prints.

A value that is missing is an empty cell, never a reason to fail: a half-standing lab is when these are read.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.numbers import MISSING
from labctl.ui.columns import heads
from labctl.ui.palette import BAD, DIM, GOOD, WARN, colour_of, colour_of_state
from labctl.ui.visible import visible

_SIGNS = {"ready": "●", "starting": "◐", "failed": "✗"}


def status(value: Mapping[str, Any], now: float | None = None) -> RenderableType:
    """`{"lab","target","state","components":[…],"endpoints":{…}}`; `now` is in Unix seconds."""
    moment = time.time() if now is None else now
    components = value.get("components", ())
    pids = any(component.get("pid") for component in components)        # where there are pods there are none
    table = heads("component", "state", "where", *(["pid"] if pids else []), "age")
    for column in table.columns[3:]:
        column.justify = "right"
    for column in (*table.columns[:2], *table.columns[3:]):
        column.no_wrap = True
    for component in components:
        row = _component(component, moment)
        table.add_row(*row[:3], *(row[3:] if pids else row[4:]))
    state = str(value.get("state", "unknown"))
    title = Text.assemble(
        (visible(value.get("lab", "")), "bold"), " on ", (visible(value.get("target", "")), "bold"), ": ",
        (visible(state), colour_of_state(state)),
    )
    return Group(title, Text(), table, _endpoints(value.get("endpoints") or {}))


def config(rows: Iterable[Sequence[str]]) -> RenderableType:
    """Rows of name, value, source and description."""
    table = heads("setting", "value", "from")
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    table.columns[1].overflow = "fold"
    for name, value, source, description in rows:
        chosen = source != "default"
        table.add_row(
            Text(visible(name), style="bold" if chosen else ""),
            Text.assemble((visible(value), "bold" if chosen else ""), "\n", (visible(description), DIM)),
            Text(visible(source), style="" if chosen else DIM),
        )
    return table


def doctor(checks: Iterable[Mapping[str, Any]]) -> RenderableType:
    """`{"name","ok","found","needed","hint"}`; `ok` is None for what is absent and not needed here."""
    table = heads("", "check", "found", "needed")
    table.columns[1].no_wrap = True
    hints = []
    for check in checks:
        table.add_row(
            _sign(check.get("ok")), visible(check["name"]), visible(check.get("found") or ""),
            Text(visible(check.get("needed") or ""), style=DIM),
        )
        if check.get("hint") and not check.get("ok"):
            hints.append(Text.assemble(f"{visible(check['name'])}: ", (visible(check["hint"]), "bold")))
    return Group(table, *([Text(), *hints] if hints else []))


def hops(found: Iterable[Mapping[str, Any]]) -> RenderableType:
    """`{"hop","ok","ms","seen"}` in the order in which the canary passed them."""
    table = heads("", "hop", "after", "seen")
    table.columns[2].justify = "right"
    table.columns[1].no_wrap = table.columns[2].no_wrap = True
    for hop in found:
        after = MISSING if hop.get("ms") is None else numbers.milliseconds(hop["ms"])
        table.add_row(_sign(hop.get("ok")), visible(hop["hop"]), after, visible(hop.get("seen") or ""))
    return table


def _component(value: Mapping[str, Any], now: float) -> tuple[str | Text, ...]:
    name, state = str(value["name"]), str(value.get("state", "unknown"))
    since = value.get("started")
    return (
        Text(visible(name), style=colour_of(name)),
        Text(f"{_SIGNS.get(state, '○')} {visible(state)}", style=colour_of_state(state)),
        _where(value),
        str(value.get("pid") or ""),
        "" if since is None else age(now - float(since)),
    )


def age(seconds: float) -> str:
    """`12 s`, `3 min`, `5 h`, `2 d`: how long something has been running."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} s"


def _where(value: Mapping[str, Any]) -> Text:
    lines = [Text(visible(url)) for url in _urls(value.get("endpoints"))]
    return Text("\n").join(lines + [Text(visible(said), style=DIM) for said in (*_pod(value), value.get("detail")) if said])


def _pod(value: Mapping[str, Any]) -> Iterable[str]:
    """`POD`, then `image TAG, 2 restarts (OOMKilled, exit code 137)`, where there are pods."""
    if value.get("pod"):
        restarts = int(value.get("restarts") or 0)
        why = f" ({value['reason']})" if value.get("reason") else ""
        image = f"image {str(value.get('image', '')).rpartition(':')[2]}"
        yield str(value["pod"])
        yield ", ".join([image] + [numbers.plural(restarts, "restart") + why] * bool(restarts))


def _urls(endpoints: Mapping[str, str] | Sequence[str] | None) -> Iterable[str]:
    if isinstance(endpoints, Mapping):
        return endpoints.values()
    return endpoints or ()


def _endpoints(endpoints: Mapping[str, str]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, url in endpoints.items():
        table.add_row(Text(visible(name), style=DIM), visible(url))
    return Group(Text(), table) if endpoints else Text()


def _sign(ok: bool | None) -> Text:
    if ok is None:
        return Text(MISSING, style=WARN)
    return Text("✓", style=GOOD) if ok else Text("✗", style=BAD)


if __name__ == "__main__":
    from rich.console import Console

    from labctl.ui.samples import CHECKS, CONFIG, HOPS, STATUS, STATUS_AT

    Console().print(status(STATUS, STATUS_AT), "", config(CONFIG), "", doctor(CHECKS), "", hops(HOPS))
