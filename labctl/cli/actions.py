"""A command with several actions, each with options and a help of its own, of which the first is run where none is named."""

from typing import Any

from typer.core import TyperGroup


class ActionGroup(TyperGroup):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        alone = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        if alone and not ctx.resilient_parsing:         # a completion offers the actions instead
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)
