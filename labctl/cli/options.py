"""Options that several commands share, and the settings that they give."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from labctl.config import Config


class Output(StrEnum):
    text = "text"
    json = "json"


LabName = Annotated[str | None, typer.Option("--lab", metavar="NAME", help="The lab, by name.", show_default=False)]
ProjectFolder = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="The folder that holds service/ and manifests/.", show_default=False),
]
Format = Annotated[Output, typer.Option("--output", "-o", help="How to print the result.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting for this run; `labctl config` lists them. Repeatable."),
]


def settings(lab: str | None = None, project: Path | None = None, pairs: list[str] | None = None, **more: str | None) -> "Config":
    """Flags made into settings, decided together with environment, `.env` and defaults."""
    from labctl.config import load
    from labctl.errors import UsageError

    flags: dict[str, str | None] = {"LABCTL_LAB": lab, "LABCTL_PROJECT": str(project) if project else None, **more}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set {pair}: NAME=VALUE is wanted", hint="labctl config")
        flags[name.strip()] = value
    return load(flags)


def print_json(value: object) -> None:
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False))
