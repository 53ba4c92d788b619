"""`labctl forward`."""

from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.options import ComponentName, Flags, lab_options
from labctl.components import BY_NAME

if TYPE_CHECKING:
    from labctl.model import Route

MAX_PORT = 65535
Component = Annotated[ComponentName, typer.Argument(metavar="|".join(BY_NAME), help="Where it leads.", show_default=False)]
Ports = Annotated[
    str, typer.Argument(metavar="[LOCAL:]REMOTE", help="The port here (:REMOTE takes any free one), and the component's own."),
]


@lab_options
def forward(flags: Flags, component: Component, ports: Ports) -> None:
    """Forward a port of this machine to a component, until Ctrl-C; it stays when the component is replaced.

    Their own ports: service 9000; collector 4317, 4318, 8888, 13133; viewer 9003, 9004; and whatever else they listen on. On kind
    it goes over the API server.
    Where the lab publishes that very port already, there is nothing to do.
    """
    import signal

    from labctl.config import load
    from labctl.targets import require_target
    from labctl.ui.kit.plain import say

    route = _route(component.value, ports)
    lab = require_target(load(flags).spec())
    if lab.published(route):
        say(f"127.0.0.1:{route.local} leads to the {route.component}'s port {route.remote} already: the lab publishes it")
        return
    open_port = lab.forward(route)
    say(f"Forwarding from 127.0.0.1:{open_port.port} -> {route.remote}")
    try:
        while True:
            signal.pause()
    finally:
        open_port.close()


def _route(component: str, text: str) -> "Route":
    """`9002:9000`, `9000` (the same here), `:9000` (any free port here). Raises UsageError."""
    from labctl.errors import UsageError
    from labctl.model import Route

    local, colon, remote = text.rpartition(":")
    numbers = [number for number in (local or ("0" if colon else remote), remote) if number.isascii() and number.isdigit()]
    if len(numbers) < 2 or not _are_ports(*numbers):  # noqa: PLR2004 - two
        raise UsageError(f"{text}: [LOCAL:]REMOTE is wanted", hint=f"labctl forward {component} 9002:9000")
    return Route(component, int(numbers[0]), int(remote))


def _are_ports(local: str, remote: str) -> bool:
    """A free one may be chosen here, not there."""
    return 0 <= int(local) <= MAX_PORT and 1 <= int(remote) <= MAX_PORT
