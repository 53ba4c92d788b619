"""`labctl why`."""

import time
from typing import Annotated

import typer

import labctl
from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options
from labctl.components import BY_NAME

About = Annotated[str | None, typer.Argument(
    metavar="[COMPONENT|RUN|TRACE]", help="A component, or machine; a load run (its id or the beginning, last, last-1, …, its "
    "file); a trace (its id or the beginning, slowest).", show_default="the whole lab", autocompletion=completion.runs,
)]
Above = Annotated[str | None, typer.Option(
    metavar="TIME", help="For a run: the latency above which a request is slow, such as 300ms.",
    show_default="those that stand out",
)]
All = Annotated[bool, typer.Option("--all", "-v", help="For the lab: also list everything that was looked at.")]
MACHINE = "machine"
_WHOLE_S = 4.0                          # from the start of this program to the last fact
_LEAST_S = 2.0


@lab_options
def why(
    flags: Flags, about: About = None, above: Above = None, everything: All = False, output: Format = Output.text,
) -> None:
    """Say what is wrong with the running lab: the cause, the evidence for it, and the command that fixes it.

    Looks once at every component and follows one request through all of them. A part that has not answered after about four
    seconds is left out, and named. For a load run: what sets its slow and its failed requests apart from the rest. For a
    trace: where its time went, compared with other requests of its run.

    Exit 0 when nothing is wrong (for a run: nothing sets requests apart), 1 when no lab is up, 5 when something
    is wrong or too little could be seen.
    """
    if about is not None and about not in BY_NAME and about != MACHINE:
        _explain(flags, about, above, output)
        return
    from labctl.config import load
    from labctl.why.told import diagnose_and_tell

    # of five seconds in all; on a busy machine the start has taken a part of them
    left_s = max(_LEAST_S, _WHOLE_S - (time.monotonic() - labctl.BEGUN))
    diagnosis = diagnose_and_tell(load(flags), about or "", left_s)
    if output is Output.json:
        print_json("Why", diagnosis.as_json())
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import why as screen

        screen.show(diagnosis, out(), everything=everything)
    raise typer.Exit(0 if diagnosis.healthy else 5)


def _explain(flags: Flags, name: str, above: str | None, output: Output) -> None:
    import gc

    from labctl.config import load, seconds
    from labctl.why.runs.explain_run import RunExplanation
    from labctl.why.subject import explain

    # a run can have hundreds of thousands of spans, and to look for garbage among them takes longer than to read them
    gc.disable()
    found = explain(load(flags), name, seconds(above, "--above") * 1e3 if above else None)
    if output is Output.json:
        print_json("WhyRun" if isinstance(found, RunExplanation) else "WhyTrace", found.as_json())
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.why import run, trace

        out().print(run.render(found) if isinstance(found, RunExplanation) else trace.render(found))
    raise typer.Exit(5 if isinstance(found, RunExplanation) and found.significant else 0)
