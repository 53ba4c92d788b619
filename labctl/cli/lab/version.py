"""`labctl version`."""

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Format, Output


def print_and_exit(wanted: bool) -> None:
    """For `labctl --version`."""
    if wanted:
        version()
        raise typer.Exit


def version(output: Format = Output.text) -> None:
    """Print the versions of labctl and of Python."""
    import platform

    from labctl import __version__

    if output is Output.json:
        print_json("Version", {"labctl": __version__, "python": platform.python_version(), "platform": platform.platform()})
    else:
        print(f"labctl {__version__} (Python {platform.python_version()})")
