"""`labctl version`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Format, Output

Sbom = Annotated[
    bool,
    typer.Option("--sbom", help="Print what labctl and the lab's images are made of, in CycloneDX (JSON).", show_default=False),
]


def version(sbom: Sbom = False, output: Format = Output.text) -> None:
    """Print the versions of labctl and of Python, or with --sbom the software bill of materials."""
    import platform

    from labctl import __version__

    if sbom:
        _print_bill()
    elif output is Output.json:
        print_json("Version", {"labctl": __version__, "python": platform.python_version(), "platform": platform.platform()})
    else:
        print(f"labctl {__version__} (Python {platform.python_version()})")


def _print_bill() -> None:
    import json

    from labctl.config import load
    from labctl.lab.contents.sbom import bill

    print(json.dumps(bill(load({}).spec().project), indent=2))
