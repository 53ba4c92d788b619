"""`labctl open`."""

from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.options import ComponentName, Flags, lab_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labctl.components import Component
    from labctl.model import LabSpec

Which = Annotated[ComponentName | None, typer.Argument(
    metavar="[COMPONENT]", help="Whose page; without one, all addresses are printed.", show_default=False,
)]
Print = Annotated[bool, typer.Option("--print", help="Print the address, and open no browser.")]


@lab_options
def open_(flags: Flags, component: Which = None, print_: Print = False) -> None:
    """Open a component's page in a browser, such as Jaeger's, and print its address.

    Without a display, or with --print, the address is printed alone. On kind, where the page is reached by forwarding a port, the
    command stays until Ctrl-C.
    """
    from labctl.addons import pages
    from labctl.cli.telemetry.shown import show, stay
    from labctl.components import BY_NAME, GRAFANA
    from labctl.config import load
    from labctl.targets import require_target
    from labctl.targets.secured import grafana_login
    from labctl.ui.kit.plain import remark, say

    spec = load(flags).spec()
    lab = require_target(spec)
    switches = lab.switches()
    if component is None:
        found = pages.pages(lab, _all(switches, spec), spec)
        width = max(len(page.title) for page in found)
        for page in found:
            say(f"{page.title:<{width}}  {page.address}")
    else:
        pages.require_up(pages.required(component.value, switches, spec), lab.health())
        found = pages.pages(lab, [BY_NAME[component.value]], spec)
        show(found[0].address, browser=not print_)
    if GRAFANA.ports[0].label in {page.title for page in found}:
        remark(grafana_login(spec, switches))
    stay(found)


def _all(switches: "Mapping[str, str]", spec: "LabSpec") -> "list[Component]":
    """Raises LabError where none has a page."""
    from labctl.addons.pages import with_page
    from labctl.errors import LabError
    from labctl.targets import up_command

    found = with_page(switches)
    if not found:
        raise LabError(f"no component of the lab {spec.name} has a page", hint=f"{up_command(spec)} --with jaeger")
    return found
