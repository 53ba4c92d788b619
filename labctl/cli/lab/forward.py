"""`labctl forward`."""

from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.options import ComponentName, Flags, lab_options
from labctl.components import BY_NAME

if TYPE_CHECKING:
    from labctl.model import Route

MAX_PORT = 65535
Component = Annotated[
    ComponentName, typer.Argument(metavar="COMPONENT", help="The component to connect to.", show_default=False),
]
_PORTS = "; ".join(f"{name} {', '.join(str(port.own) for port in one.ports)}" for name, one in BY_NAME.items() if one.ports)
Ports = Annotated[
    str, typer.Argument(metavar="[LOCAL:]REMOTE", help="Local port (:REMOTE picks a free one) and component port."),
]


@lab_options
def forward(flags: Flags, component: Component, ports: Ports) -> None:
    """Forward a local port to a component until Ctrl-C. The forward survives a replacement of the component.

    On kind, connections go through the API server. If the lab publishes that port already, the command says so and exits.
    """
    import signal

    from labctl.config import load
    from labctl.targets import require_target
    from labctl.ui.kit.plain import say

    route = _route(component.value, ports)
    lab = require_target(load(flags).spec())
    if lab.published(route):
        say(f"127.0.0.1:{route.local} already leads to port {route.remote} of the {route.component}: the lab publishes it")
        return
    open_port = lab.forward(route)
    say(f"Forwarding from 127.0.0.1:{open_port.port} -> {route.remote}")
    try:
        while True:
            signal.pause()
    finally:
        open_port.close()


forward.__doc__ = f"{forward.__doc__}\nComponent ports: {_PORTS}; and those that a manifest adds."


def _route(component: str, text: str) -> "Route":
    """`9002:9000`, `9000` (the same here), `:9000` (any free port here). Raises UsageError."""
    from labctl.errors import UsageError
    from labctl.model import Route

    local, colon, remote = text.rpartition(":")
    numbers = [number for number in (local or ("0" if colon else remote), remote) if number.isascii() and number.isdigit()]
    if len(numbers) < 2 or not _are_ports(*numbers):  # noqa: PLR2004 - two
        raise UsageError(f"{text}: expected [LOCAL:]REMOTE", hint=f"labctl forward {component} 9002:9000")
    return Route(component, int(numbers[0]), int(remote))


def _are_ports(local: str, remote: str) -> bool:
    """A free one may be chosen here, not there."""
    return 0 <= int(local) <= MAX_PORT and 1 <= int(remote) <= MAX_PORT
