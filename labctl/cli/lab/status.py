"""`labctl status`."""

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options


@lab_options
def status(flags: Flags, output: Format = Output.text) -> None:
    """Show each component: its state, its addresses and how long it has been running.

    Exit 0 when every component is ready, 1 when no lab is up, 5 when one is not ready.
    """
    import typer

    from labctl.cli.cost import wiring
    from labctl.cli.faults_on import on
    from labctl.config import load
    from labctl.lab.status import LabState
    from labctl.lab.status import status as look

    config = load(flags)
    lab_status, broken = look(config), on(config)
    needs, rps = wiring.stores(config, lab_status.switches)
    if output is Output.json:
        more = {"stores": [need.as_json() for need in needs], "faults": broken.as_json() if broken else None}
        print_json("Status", lab_status.as_json() | more)
    else:
        from labctl.ui.cost import stores
        from labctl.ui.kit.console import out
        from labctl.ui.lab import status as screen

        out().print(screen.render(lab_status))
        if stores.worth_telling(needs, lab_status.switches):
            out().print("", stores.render(needs, rps), sep="\n")
        if broken:
            from labctl.ui.lab import faults

            out().print(f"\n{faults.line(broken)}", markup=False, highlight=False)
    raise typer.Exit(0 if lab_status.state is LabState.READY else 5)
