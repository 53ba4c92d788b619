"""The pages that a lab's components have for people: which there are, and the address at which this machine reaches one."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from shlex import quote

from labctl.components import ALL, BY_NAME, WITH, Component, of
from labctl.errors import LabError, NotReady, Refused, UsageError
from labctl.model import Forwarding, Health, LabSpec, Route, State, Target
from labctl.switches.switch import OFF
from labctl.targets import up_command


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    url: str                            # of its origin, without the page's path
    path: str
    forwarding: Forwarding | None = None        # without which the address leads nowhere; None: the lab's own address

    @property
    def address(self) -> str:
        return f"{self.url}{self.path}"


def with_page(switches: Mapping[str, str]) -> list[Component]:
    """Of a lab with these switches."""
    return [component for component in of(switches) if component.page]


def required(name: str, switches: Mapping[str, str], spec: LabSpec) -> Component:
    """The component of that name. Raises LabError where it has no page, or the lab does not have it."""
    component = BY_NAME[name]
    if not component.page:
        others = ", ".join(one.name for one in ALL if one.page)
        raise UsageError(f"the {name} has no page", detail=f"those that have one: {others}", hint="labctl open")
    require(component, switches, spec)
    return component


def require(component: Component, switches: Mapping[str, str], spec: LabSpec) -> None:
    """Raises LabError with the line that brings an add-on which the lab does not have."""
    if component not in of(switches):
        there = switches.get(WITH, OFF)
        words = component.addon if there == OFF else f"{there},{component.addon}"
        raise LabError(
            f"the lab {spec.name} has no {component.ports[0].label}", hint=f"{up_command(spec)} --{WITH} {quote(words)}",
        )


def require_up(component: Component, health: Iterable[Health]) -> None:
    """Raises NotReady where nothing answers at its address."""
    down = next((one for one in health if one.name == component.name and one.state in {State.ABSENT, State.FAILED}), None)
    if down:
        raise NotReady(f"{component.ports[0].label} does not answer", detail=down.detail, hint=f"labctl why {component.name}")


def pages(target: Target, components: Sequence[Component], spec: LabSpec) -> list[Page]:
    """Forwarded where the lab itself publishes no address, if it can be to the component's own port."""
    at = target.endpoints()
    found = []
    for component in components:
        port = component.ports[0]
        if port.name not in at.temporary:
            found.append(Page(port.label, at[port.name], component.page))
            continue
        opened = _forwarding(target, Route(component.name, spec.ports[port.name], port.own))
        found.append(Page(port.label, f"http://127.0.0.1:{opened.port}", component.page, opened))
    return found


def _forwarding(target: Target, route: Route) -> Forwarding:
    """From the port that the settings give it, so that the address is the same every time; from any where that is taken."""
    with suppress(Refused):
        return target.forward(route)
    return target.forward(Route(route.component, 0, route.remote))
