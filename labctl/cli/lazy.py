"""A group of commands of which only the one that was asked for is imported and built.

Subtle: `get_command` gives what a list needs of a command, its name and its summary: help, completion and "Did you mean" ask
for every one. The command itself comes from `resolve_command`, by which typer runs a command or completes its words.
"""

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from labctl.cli.commands import COMMANDS, MODULES
from labctl.cli.strict import StrictCommand

Command = TyperCommand | TyperGroup

_WITH_NEGATIVE_NUMBERS: Final = {"predict", "answer"}   # `predict -1 2`: what looks like an option there is a number


class LazyGroup(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for panel, rows in COMMANDS.items():
            for name, row in rows.items():
                self.add_command(TyperCommand(name, help=row.summary, rich_help_panel=panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        if name is None:                # to complete a word after one that is no command
            return None, None, rest
        command = build(name)
        if ctx.resilient_parsing:       # the words of a completion are left as they were typed
            return name, command, rest
        from labctl.cli.options import with_values

        return name, command, with_values(rest)


def build(name: str) -> Command:
    module = MODULES[name]
    found = getattr(import_module(f"labctl.cli.{module}"), module.rpartition(".")[2])
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False)
    settings = {"ignore_unknown_options": name in _WITH_NEGATIVE_NUMBERS}
    alone.command(name, cls=StrictCommand, help=flowing(found.__doc__ or ""), context_settings=settings)(found)
    return typer.main.get_command(alone)  # type: ignore[return-value]  # a TyperCommand


def flowing(text: str) -> str:
    """Paragraphs without the line breaks of the source, which typer would keep."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
