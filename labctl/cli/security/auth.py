"""`labctl auth`."""

from enum import StrEnum
from typing import Annotated

import typer

from labctl.cli.options import Flags, lab_options


class TokenAction(StrEnum):
    path = "path"
    rotate = "rotate"


Action = Annotated[TokenAction, typer.Argument(help="path, or rotate: replace the token while the lab runs.")]


@lab_options
def auth(flags: Flags, action: Action = TokenAction.path) -> None:
    """Print the path of the file with the token of a lab with --auth, or replace the token without losing a span.

    The token itself is never printed. It is the file's first line; docs/tls-and-tokens.md shows a curl request that uses it.
    """
    from labctl.config import load
    from labctl.lab import rotation

    config = load(flags)
    if action is TokenAction.rotate:
        from labctl.ui.security.rotation import follow

        follow("Rotate the token", rotation.rotate_token(config))
    print(rotation.token_file(config))
