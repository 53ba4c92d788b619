"""`labctl exec`."""

import sys
from typing import Annotated

import typer

from labctl.cli.options import ComponentName, Flags, lab_options

Component = Annotated[ComponentName, typer.Argument(metavar="COMPONENT", help="Where to run it.", show_default=False)]
Words = Annotated[list[str], typer.Argument(metavar="-- COMMAND…", help="The command and its arguments.", show_default=False)]
Stdin = Annotated[bool, typer.Option("--stdin", "-i", help="Pass standard input on to the command.")]
Tty = Annotated[bool, typer.Option("--tty", "-t", help="Give the command a terminal.")]


@lab_options
def exec_(flags: Flags, component: Component, words: Words, stdin: Stdin = False, tty: Tty = False) -> None:
    """Run a command where a component runs, as in: labctl exec service -- nc -zv otel-collector 4317

    On kind in its container; locally with the environment and in the working folder of its process. The images are small: service
    and viewer have python, sh, cat, ls and nc -zv, the collector nothing but itself. The exit code is the command's.
    """
    from labctl.config import load
    from labctl.errors import UsageError
    from labctl.model import Command
    from labctl.targets import require_target

    if tty and not sys.stdin.isatty():
        raise UsageError("-t needs a terminal on standard input", advice="leave -t away; -i passes a pipe or a file on")
    raise typer.Exit(require_target(load(flags).spec()).execute(Command(component.value, words, stdin, tty)))
