"""`labctl auth`."""

import typer

from labctl.cli.actions import ActionGroup
from labctl.cli.lazy import flowing
from labctl.cli.options import Flags, lab_options
from labctl.cli.strict import StrictCommand

HELP = """Print the path of the file with the token of a lab with --auth, or replace the token without losing a span.

The token itself is never printed. It is the file's first line; docs/tls-and-tokens.md shows a curl request that uses it.
"""


@lab_options
def path(flags: Flags) -> None:
    """Print the path of the file with the token. `labctl auth` alone does this too."""
    from labctl.config import load
    from labctl.lab import rotation

    print(rotation.token_file(load(flags)))


@lab_options
def rotate(flags: Flags) -> None:
    """Replace the token while the lab runs, without losing a span, and print the path of its file.

    Collector and viewer accept both tokens until everything that sends has the new one.
    """
    from labctl.config import load
    from labctl.lab import rotation
    from labctl.ui.security.rotation import follow

    config = load(flags)
    follow("Rotate the token", rotation.rotate_token(config))
    print(rotation.token_file(config))


auth = typer.Typer(name="auth", help=flowing(HELP), cls=ActionGroup)
for action in (path, rotate):
    auth.command(cls=StrictCommand, help=flowing(action.__doc__ or ""))(action)
