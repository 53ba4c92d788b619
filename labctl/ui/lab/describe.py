"""One component in full: each of its aspects as a heading with its lines; aspects without a line are left out."""

import shlex
import time
from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.description import Description, Occurrence, PortInUse, Replica, Resource
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import BAD, DIM, WARN, colour_of, colour_of_state
from labctl.ui.kit.safe_text import visible
from labctl.ui.telemetry import log_lines


def render(description: Description, now: float | None = None) -> RenderableType:
    """`now` is in Unix seconds."""
    moment = time.time() if now is None else now
    title = Text.assemble(
        (visible(description.component), f"bold {colour_of(description.component)}"), ": ",
        (visible(description.state), colour_of_state(description.state)),
    )
    if description.detail:
        title.append(f", {visible(description.detail)}", DIM)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style=DIM)
    grid.add_column(overflow="fold")
    for heading, lines in _sections(description, moment):
        if found := list(lines):
            grid.add_row(heading, Text("\n").join(found))
    hint = [Text.assemble("\ntry: ", (visible(typed(description.hint)), "bold"))] if description.hint else []
    return Group(title, Text(), grid, *hint)


def _sections(description: Description, now: float) -> Iterator[tuple[str, Iterable[Text]]]:
    instances = description.instances
    nothing = [Text("none", style=BAD)] if description.image and not instances else []
    yield ("pods" if description.image else "process"), [*(_instance(one, now) for one in instances), *nothing]
    yield "image", _plain([description.image])
    yield "command", _plain([shlex.join(description.command) or ("the image's own" if description.image else "")])
    yield "folder", _plain([description.folder])
    yield "resources", [*map(_resource, description.resources), *_plain([description.no_resources])]
    yield "probes", (Text.assemble(f"{visible(one.kind)}: ", visible(one.what)) for one in description.probes)
    yield "ports", map(_port, description.ports)
    yield "mounts", (Text.assemble(visible(one.path), (f"  {visible(one.source)}", DIM)) for one in description.mounts)
    yield "environment", (Text(f"{visible(name)}={visible(value)}") for name, value in sorted(description.env.items()))
    yield "events", (_event(one, now) for one in description.events)
    yield "last lines", map(log_lines.readable, description.log)


def _plain(lines: Iterable[str]) -> Iterator[Text]:
    yield from (Text(visible(line)) for line in lines if line)


def _instance(one: Replica, now: float) -> Text:
    age = f", {numbers.age(now - one.started)} old" if one.started is not None else ""
    line = Text.assemble(visible(one.name), (f"  {visible(one.state)}{', ready' if one.ready else ', not ready'}{age}", DIM))
    if one.restarts:
        line.append(f", {numbers.plural(one.restarts, 'restart')} (the last: {visible(one.reason) or 'unknown'})", WARN)
    return line


def _resource(one: Resource) -> Text:
    line = Text.assemble(f"{visible(one.name)}  ", (visible(one.value), "bold" if one.override else ""))
    return line.append("  set with up --set", DIM) if one.override else line


def _port(port: PortInUse) -> Text:
    """`http 9000  ai-lab-2-2-paid:9000 (ClusterIP) → 10.244.0.5:9000`, `service 9002  http://127.0.0.1:9002`."""
    line = Text(f"{visible(port.name)} {port.number}".strip())
    if port.service:
        line.append(f"  {visible(port.service)}", DIM)
    if port.url:
        line.append(f"  {visible(port.url)}")
    if port.endpoints:
        line.append(f" → {', '.join(map(visible, port.endpoints))}", DIM)
    elif port.in_cluster:
        line.append("  no pod behind it", BAD)
    return line


def _event(event: Occurrence, now: float) -> Text:
    age = numbers.age(now - event.at) if event.at is not None else numbers.MISSING
    times = f" ({event.count} times)" if event.count > 1 else ""
    name = event.about.rpartition(" ")[2]
    about = "" if name in event.text else f"  {visible(event.about)}"
    return Text.assemble(
        (f"{age} ago  ", DIM), (visible(event.reason), WARN if event.warning else ""), f"{times}: {visible(event.text)}",
        (about, DIM),
    )
