"""The components of a lab and where they answer. Takes what `-o json` prints.

A value that is missing is an empty cell, never a reason to fail: a lab that is half up is when this is read.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.ui.kit.palette import DIM, colour_of, colour_of_state
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import heads

_DETAIL = 200
_SIGNS = {"ready": "●", "starting": "◐", "failed": "✗"}


def render(value: Mapping[str, Any], now: float | None = None) -> RenderableType:
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


def _component(value: Mapping[str, Any], now: float) -> tuple[str | Text, ...]:
    name, state = str(value["name"]), str(value.get("state", "unknown"))
    since = value.get("started")
    return (
        Text(visible(name), style=colour_of(name)),
        Text(f"{_SIGNS.get(state, '○')} {visible(state)}", style=colour_of_state(state)),
        _where(value),
        str(value.get("pid") or ""),
        "" if since is None else numbers.age(now - float(since)),
    )


def _where(value: Mapping[str, Any]) -> Text:
    said = [*_pod(value), _short(value.get("detail"))]
    urls = [Text(visible(url)) for url in _urls(value.get("endpoints"))]
    return Text("\n").join(urls + [Text(visible(line), style=DIM) for line in said if line])


def _short(said: object) -> str:
    """Enough to know what it is about; `labctl up` and `-o json` tell all of it."""
    text = str(said or "")
    return text if len(text) <= _DETAIL else text[:_DETAIL - 1] + "…"


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
