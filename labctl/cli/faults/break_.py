"""`labctl break`."""

from typing import Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="FAULT…", help="Faults by name.", show_default=False, autocompletion=completion.faults),
]
ByChance = Annotated[bool, typer.Option("--random", help="A random fault; which one stays secret.")]
ShowAll = Annotated[bool, typer.Option("--list", help="List the faults, and what each teaches.")]
Lease = Annotated[str, typer.Option(
    "--for", metavar="TIME", help="How long it stays; the next labctl command after that mends the lab.",
)]


@lab_options
def break_(
    flags: Flags, names: Names = None, by_chance: ByChance = False, show_all: ShowAll = False, lease: Lease = "15m",
    output: Format = Output.text,
) -> None:
    """Inject a fault into the running lab, to be found with `labctl why` and undone with `labctl mend`.

    Nothing that the lab has stored is lost. Several faults can be on at once.
    """
    from labctl.config import load, seconds
    from labctl.errors import UsageError
    from labctl.faults.breaking import BreakRequest, break_lab
    from labctl.ui.lab import faults as screen
    from labctl.ui.lab.steps import steps

    if sum([bool(names), by_chance, show_all]) != 1:
        raise UsageError("expected one of: names of faults, --random, --list", hint="labctl break --list")
    if show_all:
        _list(output)
        return
    broken = break_lab(load(flags), BreakRequest(tuple(names or ()), seconds(lease, "--for")), steps())
    if output is Output.json:
        print_json("Break", broken.as_json())
    else:
        screen.show_broken(broken)


def _list(output: Output) -> None:
    from labctl.faults.listing import listed

    rows = listed()
    if output is Output.json:
        print_json("Faults", {"faults": [row.as_json() for row in rows]})
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import faults as screen

        out().print(screen.render(rows))
