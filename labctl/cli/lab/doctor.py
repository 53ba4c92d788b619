"""`labctl doctor`."""

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options


@lab_options
def doctor(flags: Flags, output: Format = Output.text) -> None:
    """Check this machine: Python, ports, disk, and what each target needs. Exit 3 when the local target cannot run."""
    from labctl.config import load
    from labctl.lab import doctor as examination

    checks = examination.machine(load(flags).spec())
    if output is Output.json:
        print_json("Doctor", {"checks": [check.as_json() for check in checks]})
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import doctor as screen

        out().print(screen.render(checks))
    raise typer.Exit(0 if all(check.ok for check in checks if check.target == "local") else 3)
