"""The command line: a command parses, wires and calls one function; this module is the one error boundary.

Subtle: typer turns only SIGINT into an exit. SIGTERM and SIGHUP would skip every `finally` and leave the cursor hidden, so they
are made exceptions here.
"""

import signal
import sys
import threading
from types import FrameType
from typing import Annotated, NoReturn

import typer

from labctl.cli import streams
from labctl.cli.lazy import LazyGroup, flowing
from labctl.errors import LabError

HELP = """Run an AI inference service with real OpenTelemetry around it, load-test it with honest latency figures, and trace one
slow request to its cause.

Exit codes: 0 ok, 1 failed, 2 usage, 3 refused or this machine lacks something, 4 lab locked, 5 timed out or not ready,
6 thresholds missed, 130/143/129 interrupted."""


app = typer.Typer(
    name="labctl", cls=LazyGroup, help=flowing(HELP), no_args_is_help=True, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from labctl.cli.lab.version import version

        version()
        raise typer.Exit


@app.callback(help=flowing(HELP), invoke_without_command=False)
def options(
    print_version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line. Exits with one of the documented codes."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    # a script that starts us in the background has SIGINT ignored, and who sends it all the same means it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.excepthook = _in_a_thread
    streams.prepare()
    if sys.stderr.isatty():
        _without_colours_where_unwanted()
    try:
        with streams.results():
            app()
    except LabError as error:
        from labctl.ui import failure

        failure.show(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)                                   # 128 + SIGPIPE, as a shell reports it
    except Exception as error:  # noqa: BLE001 - the last resort: one line, and never a traceback
        from labctl.cli import unexpected

        unexpected.tell(error)
        sys.exit(1)
    sys.exit(0)


def _without_colours_where_unwanted() -> None:
    from labctl.ui.kit.terminal import shows_colours

    if not shows_colours(sys.stderr):
        from typer import rich_utils

        rich_utils.COLOR_SYSTEM = None                  # bold is an escape code too


def _in_a_thread(args: threading.ExceptHookArgs) -> None:
    from labctl.cli import unexpected

    if args.exc_value is not None:
        unexpected.tell(args.exc_value)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
