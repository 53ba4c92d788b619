"""A command that refuses an option which is given twice with two values, and a value that is empty.

Subtle: typer takes the last of several values without a word, and an empty path as the current folder.
"""

from collections.abc import Iterator
from typing import Any, Final

from typer.core import TyperCommand

_LOOKED_AT: Final = {"body", "url"}        # an empty text is a body too, and the other has an error of its own


class StrictCommand(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            self._require_clear(ctx, args)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from labctl.cli import help_screen

        help_screen.prepare()
        super().format_help(ctx, formatter)

    def _require_clear(self, ctx: Any, args: list[str]) -> None:
        from labctl.errors import UsageError

        for parameter, values in self._typed(ctx, args):
            name = next(iter(parameter.opts)) if parameter.param_type_name == "option" else parameter.human_readable_name
            if "" in values and parameter.name not in _LOOKED_AT:
                raise UsageError(f"{name}: the value is empty")
            if len({*values}) > 1 and not parameter.multiple:
                raise UsageError(f"{name} is given more than once: {' and '.join(dict.fromkeys(values))}")

    def _typed(self, ctx: Any, args: list[str]) -> Iterator[tuple[Any, list[str]]]:
        """Every parameter that takes one value at a time, with all its values."""
        parser = self.make_parser(ctx)
        for option in (*parser._long_opt.values(), *parser._short_opt.values()):  # noqa: SLF001 - of typer's own copy of click
            option.action = "append" if option.action == "store" else option.action
        found, _, _ = parser.parse_args(args=list(args))
        if found.get("help"):
            return
        for parameter in self.get_params(ctx):
            value = found.get(parameter.name or "")
            if parameter.nargs == 1 and value is not None:
                values = value if isinstance(value, list) else [value]
                yield parameter, [one for one in values if isinstance(one, str)]
