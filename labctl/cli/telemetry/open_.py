"""`labctl open`."""

from typing import Annotated

import typer

from labctl.cli.options import ComponentName, Flags, lab_options

Which = Annotated[ComponentName | None, typer.Argument(
    metavar="[COMPONENT]", show_default=False,
    help="Component whose page to open. Without it, the viewer's page opens and all addresses are printed.",
)]
Print = Annotated[bool, typer.Option("--print", help="Print the address without opening a browser.")]


@lab_options
def open_(flags: Flags, component: Which = None, print_: Print = False) -> None:
    """Open the viewer's page in a browser, or an add-on's, and print its address.

    Without a display, or with --print, it only prints the address. On kind, where the page is reached by forwarding a port, the
    command keeps running until Ctrl-C.
    """
    from labctl.addons import pages
    from labctl.cli.telemetry.shown import open_browser, show, stay
    from labctl.components import BY_NAME, GRAFANA, VIEWER
    from labctl.config import load
    from labctl.targets import require_target
    from labctl.targets.secured import grafana_login, page_needs
    from labctl.ui.kit.plain import remark, say

    spec = load(flags).spec()
    lab = require_target(spec)
    switches = lab.switches()
    if component is None:
        found = pages.pages(lab, pages.with_page(switches), spec)
        width = max(len(page.title) for page in found)
        for page in found:
            say(f"{page.title:<{width}}  {page.address}")
        open_browser(found[0].address, browser=not print_)
    else:
        pages.require_up(pages.required(component.value, switches, spec), lab.health())
        found = pages.pages(lab, [BY_NAME[component.value]], spec)
        show(found[0].address, browser=not print_)
    if component is None or component.value == VIEWER.name:
        for need in page_needs(spec, switches):
            remark(need)
    if GRAFANA.ports[0].label in {page.title for page in found}:
        remark(grafana_login(spec, switches))
    stay(found)
