"""`labctl certs`."""

from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.actions import ActionGroup
from labctl.cli.json_output import print_json
from labctl.cli.lazy import flowing
from labctl.cli.options import Flags, Format, Output, lab_options
from labctl.cli.strict import StrictCommand

if TYPE_CHECKING:
    from labctl.config import Config

HELP = """List the certificates of a lab with --tls: holder, expiry and names. Or replace them without losing a span.

They are made by `labctl up --tls` and renewed by any later `up` in their last ten days. The CA's key never leaves this machine's
state folder.
"""
NewAuthority = Annotated[bool, typer.Option("--ca", help="Replace the CA too; the old one is no longer trusted.")]


@lab_options
def list_(flags: Flags, output: Format = Output.text) -> None:
    """List the certificates: holder, expiry and names. `labctl certs` alone does this too."""
    from labctl.config import load

    _show(load(flags), output)


@lab_options
def rotate(flags: Flags, new_authority: NewAuthority = False, output: Format = Output.text) -> None:
    """Replace the certificates while the lab runs, without losing a span, and list the new ones."""
    from labctl.config import load
    from labctl.lab import rotation
    from labctl.ui.security.rotation import follow

    config = load(flags)
    follow("Rotate the certificates", rotation.rotate_certificates(config, authority=new_authority))
    _show(config, output)


def _show(config: "Config", output: Output) -> None:
    from labctl.lab import rotation

    found = rotation.certificates(config)
    if output is Output.json:
        print_json("CertificateList", {"certificates": [one.as_json() for one in found]})
        return
    from labctl.ui.kit.console import out
    from labctl.ui.security import certificates as screen

    out().print(screen.render(found))


certs = typer.Typer(name="certs", help=flowing(HELP), cls=ActionGroup)
for name, action in {"list": list_, "rotate": rotate}.items():
    certs.command(name, cls=StrictCommand, help=flowing(action.__doc__ or ""))(action)
