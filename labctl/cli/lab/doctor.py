"""`labctl doctor`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Fix = Annotated[bool, typer.Option("--fix", help="First put right what is safe.")]


@lab_options
def doctor(flags: Flags, fix: Fix = False, output: Format = Output.text) -> None:
    """Check this machine: Python, ports, disk, and what each target needs. Exit 3 when the local target cannot run.

    --fix first repairs what is safe to repair, and says what it left and why: it makes the state folder, removes locks that
    nobody holds, ends what is left of killed labs, and removes images of earlier edits. A running lab, and
    what is not labctl's, are never touched.
    """
    from labctl.config import load
    from labctl.lab.examining import doctor as examination
    from labctl.lab.examining.repair import repair

    spec = load(flags).spec()
    repairs = list(repair(spec)) if fix else []
    checks = examination.machine(spec)
    if output is Output.json:
        print_json("Doctor", {"checks": [check.as_json() for check in checks], "repairs": [one.as_json() for one in repairs]})
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import doctor as screen

        if fix:
            out().print(screen.render_repairs(repairs))
        out().print(screen.render(checks))
    raise typer.Exit(0 if all(check.ok for check in checks if check.target == "local") else 3)
