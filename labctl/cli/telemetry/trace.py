"""`labctl trace`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Which = Annotated[str, typer.Argument(
    metavar="ID|slowest|up", help="A trace id (32 hex digits, or its beginning).", autocompletion=completion.traces,
)]
Run = Annotated[str | None, typer.Option(
    metavar="RUN", help="With slowest: of this load run, by its id or last, last-1, …", show_default="last",
    autocompletion=completion.runs,
)]
if TYPE_CHECKING:
    from labctl.config import Config
    from labctl.viewer_client.client import TracedRun


class Elsewhere(StrEnum):
    """Where else than in the viewer a trace can be looked at."""

    jaeger = "jaeger"


In = Annotated[Elsewhere | None, typer.Option(
    "--in", metavar="jaeger", help="Look for it there, and print and open the link to its page.", show_default=False,
)]
MANY_SPANS = 1000                       # beyond which JSON is not laid out for readers


@lab_options
def trace(flags: Flags, which: Which, run: Run = None, in_: In = None, output: Format = Output.text) -> None:
    """Show a trace as a waterfall, from the client's span down, and name the span that took the time.

    `labctl trace slowest` shows the slowest request of the last load run. `labctl trace up` shows the last `labctl up`: its
    steps, what ran in parallel, and its critical path. With --in jaeger it prints the link to the trace's page in Jaeger.
    """
    import gc

    from labctl.config import load
    from labctl.lab import up_trace
    from labctl.load.kept_runs import traced_run
    from labctl.targets import require_target
    from labctl.viewer_client import client
    from labctl.viewer_client.blame import blame

    config = load(flags)
    spec = config.spec()
    of_run = traced_run(spec.state, run) if which == "slowest" else client.TracedRun()
    age = f"{config['LABCTL_VIEWER_MAX_AGE']} of telemetry (or what --retention says)"
    keeps = f"the viewer keeps {age}, {config['LABCTL_VIEWER_MAX_SIZE']} at most"
    if in_:
        _in_jaeger(config, which, of_run, output)
        return
    at = require_target(spec).endpoints()
    # a trace can have a hundred thousand spans, and to look for garbage among them takes longer than to read them
    gc.disable()
    wanted = "all" if output is Output.json else "failed"
    looked_up = client.look_up(client.ViewerClient(at.viewer), which, run=of_run, keeps=keeps, attributes=wanted)
    if output is Output.json:
        print_json("Trace", looked_up.as_json(), compact=len(looked_up.spans) > MANY_SPANS)
        return
    from labctl.ui.kit.console import out
    from labctl.ui.kit.plain import remark, say
    from labctl.ui.telemetry import waterfall

    if instead := of_run.instead(looked_up.trace_id):
        remark(f" ! {instead}")
    out().print(waterfall.render(looked_up, out().width))
    say(up_trace.words(looked_up) if which == "up" else blame(looked_up))


def _in_jaeger(config: "Config", which: str, run: "TracedRun", output: Output) -> None:
    """Exit 1, with the likely cause, where Jaeger does not have it."""
    from labctl.addons import in_jaeger
    from labctl.cli.telemetry.shown import show, stay
    from labctl.targets import require_target

    found, page = in_jaeger.look(require_target(config.spec()), config.spec(), which, run)
    if output is Output.json:
        print_json("JaegerTrace", found.as_json())
        raise typer.Exit(1 if found.absence else 0)
    if found.absence:
        raise in_jaeger.error(found)
    show(page.address, browser=True)
    stay([page])
