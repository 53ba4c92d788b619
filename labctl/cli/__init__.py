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
from labctl.cli.cost import cost
from labctl.cli.faults import break_, mend
from labctl.cli.lab import (
    check,
    config,
    describe,
    dev,
    doctor,
    down,
    exec_,
    export,
    forward,
    kubeconfig,
    status,
    up,
    version,
    why,
)
from labctl.cli.lessons import answer, learn
from labctl.cli.load import compare, load, runs, sampling
from labctl.cli.options import with_values
from labctl.cli.security import auth, certs
from labctl.cli.telemetry import logs, metrics, predict, top, trace
from labctl.errors import LabError
from labctl.ui.kit.terminal import shows_colours

HELP = """Run an AI inference service with real OpenTelemetry around it, load-test it with honest latency figures, and trace one
slow request to its cause.

Exit codes: 0 ok, 1 failed, 2 usage, 3 refused or this machine lacks something, 4 lab locked, 5 timed out or not ready,
6 thresholds missed, 130/143/129 interrupted."""


def flowing(text: str) -> str:
    """Paragraphs without the line breaks of the source, which typer would keep."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


app = typer.Typer(
    name="labctl", help=flowing(HELP), no_args_is_help=True, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(help=flowing(HELP), invoke_without_command=False)
def options(
    print_version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=version.print_and_exit, is_eager=True),
    ] = False,
) -> None:
    pass



COMMANDS = {
    "The lab": (
        up, dev, status, describe, check, why, break_, mend, exec_, forward, down, export, kubeconfig, config, doctor, version,
    ),
    "Load": (load, runs, compare, cost),
    "Telemetry": (trace, metrics, logs, top, predict),
    "Security": (certs, auth),
    "Lessons": (learn, answer),
}
for panel, modules in COMMANDS.items():
    for module in modules:
        command = getattr(module, module.__name__.rpartition(".")[2])
        # `predict -1 2`: what looks like an option there is a number
        settings = {"ignore_unknown_options": module in (predict, answer)}
        # a trailing underscore keeps a function from hiding a word of Python's
        name = command.__name__.rstrip("_")
        app.command(name, help=flowing(command.__doc__ or ""), context_settings=settings, rich_help_panel=panel)(command)

of_sampling = typer.Typer(help="What a sampling policy keeps, and what it costs.", no_args_is_help=True)
of_sampling.command("what-if", help=flowing(sampling.what_if.__doc__ or ""))(sampling.what_if)
app.add_typer(of_sampling, name="sampling", rich_help_panel="Load")


def main() -> NoReturn:
    """Run the command line. Exits with one of the documented codes."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    # a script that starts us in the background has SIGINT ignored, and who sends it all the same means it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.excepthook = _in_a_thread
    streams.prepare()
    if sys.stderr.isatty() and not shows_colours(sys.stderr):
        from typer import rich_utils

        rich_utils.COLOR_SYSTEM = None                  # bold is an escape code too
    try:
        with streams.results():
            app(with_values(sys.argv[1:]))
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


def _in_a_thread(args: threading.ExceptHookArgs) -> None:
    from labctl.cli import unexpected

    if args.exc_value is not None:
        unexpected.tell(args.exc_value)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
