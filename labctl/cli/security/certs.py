"""`labctl certs`."""

from enum import StrEnum
from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options


class CertificateAction(StrEnum):
    list = "list"
    rotate = "rotate"


Action = Annotated[CertificateAction, typer.Argument(help="list, or rotate: replace them while the lab runs.")]
NewAuthority = Annotated[bool, typer.Option("--ca", help="With rotate: replace the CA too; the old one is no longer trusted.")]


@lab_options
def certs(
    flags: Flags, action: Action = CertificateAction.list, new_authority: NewAuthority = False, output: Format = Output.text,
) -> None:
    """List the certificates of a lab with --tls: holder, expiry and names. Or replace them without losing a span.

    They are made by `labctl up --tls` and renewed by any later `up` in their last ten days. The CA's key never leaves this
    machine's state folder.
    """
    from labctl.config import load
    from labctl.lab import rotation

    config = load(flags)
    if action is CertificateAction.rotate:
        from labctl.ui.security.rotation import follow

        follow("Rotate the certificates", rotation.rotate_certificates(config, authority=new_authority))
    found = rotation.certificates(config)
    if output is Output.json:
        print_json("CertificateList", {"certificates": [one.as_json() for one in found]})
        return
    from labctl.ui.kit.console import out
    from labctl.ui.security import certificates as screen

    out().print(screen.render(found))
