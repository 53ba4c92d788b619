"""`labctl export`."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, SettingsAndOverrides, Unset, given, lab_and_switch_options

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write, which is empty or does not exist yet.")]
Force = Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")]
WithSecrets = Annotated[bool, typer.Option("--with-secrets", help="Also write the secrets, as private files.")]
ForKind = Annotated[
    bool | None,
    typer.Option(
        "--kind/--any-cluster", show_default=False,
        help="For kind, with its published ports, or for any cluster. Default: as the lab runs.",
    ),
]


@lab_and_switch_options
def export(
    flags: Flags, folder: Folder, pairs: SettingsAndOverrides = None, unset: Unset = None, force: Force = False,
    with_secrets: WithSecrets = False, for_kind: ForKind = None, output: Format = Output.text,
) -> None:
    """Write the lab as files for kubectl, which work without labctl.

    They describe the lab as it runs, or as `labctl up` would start it, with the switches, settings and overrides given here on
    top. README.md in the folder says how to apply them. No file has a secret unless --with-secrets is given.
    """
    from labctl.config import load
    from labctl.lab.exporting.export import ExportOptions
    from labctl.lab.exporting.export import export as write

    result = write(load(given(flags, pairs, unset)), ExportOptions(folder, force, with_secrets, for_kind))
    if output is Output.json:
        print_json("Export", result.as_json())
        return
    from labctl.ui.kit.console import out
    from labctl.ui.lab import export as screen

    out().print(screen.render(result))
