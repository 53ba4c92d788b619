"""`labctl doctor`."""

import typer

from labctl.cli.options import Flags, Format, Output, lab_options, print_json


@lab_options
def doctor(flags: Flags, output: Format = Output.text) -> None:
    """Look at this machine: Python, ports, disk, and what each target would need. Exit 3 when the local target cannot run."""
    from labctl import examine
    from labctl.config import load

    checks = examine.machine(load(flags).spec())
    if output is Output.json:
        print_json({"checks": [check.as_json() for check in checks]})
    else:
        from labctl.ui import tables
        from labctl.ui.console import out

        out().print(tables.doctor([check.as_json() for check in checks]))
    raise typer.Exit(0 if all(check.ok for check in checks if check.target == "local") else 3)
