"""`labctl up`."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.options import Flags, Format, Output, Settings, given, lab_options, print_json

if TYPE_CHECKING:
    from labctl.lab.plan import Done
    from labctl.model import Target


class Where(StrEnum):
    auto = "auto"
    local = "local"
    kind = "kind"


TargetName = Annotated[Where | None, typer.Option("--target", help="Where the lab lives.", show_default="auto")]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long to wait for anything, such as 30s or 2m.")]
Retain = Annotated[bool, typer.Option("--retain", help="When it fails, leave what was made, to look at it.")]
Adopt = Annotated[bool, typer.Option("--adopt", help="Use a cluster of that name although labctl did not make it.")]


@lab_options
def up(
    flags: Flags, target: TargetName = None, pairs: Settings = None, timeout: Timeout = "60s", retain: Retain = False,
    adopt: Adopt = False, output: Format = Output.text,
) -> None:
    """Bring the lab up, or make it what the settings say now.

    Where it lives: where it stands; else in kind, if Docker, kind and the node's image are there; else as plain processes.
    Done when one request's trace has arrived at the viewer, with every span. Run it again after a change: only what the change
    touches is restarted.
    """
    from labctl.config import load, seconds
    from labctl.host import locks
    from labctl.lab import plan
    from labctl.model import Lab
    from labctl.targets import ClusterOptions, choose_target
    from labctl.ui.lab.steps import steps

    config = load(flags | given(pairs) | flags_of(target))
    spec = config.spec()
    with locks.hold(spec.state.with_suffix(".lock"), "up"):
        chosen, why = choose_target(config["LABCTL_TARGET"], spec, ClusterOptions(adopt=adopt))
        if why.startswith("kind"):
            print(f" – {why}", file=sys.stderr)
        done = plan.up(Lab(spec, chosen, seconds(timeout, "--timeout")), steps(), retain=retain)
    _write_trace(chosen, done)
    if output is Output.json:
        print_json(_report(spec.name, chosen, why, done))
    else:
        _say(spec.name, chosen, done)


def flags_of(target: Where | None) -> Flags:
    return {"LABCTL_TARGET": target.value} if target else {}


def _write_trace(target: "Target", done: list["Done"]) -> None:
    """For `labctl trace up`; without it the lab is none the worse."""
    from labctl.errors import LabError
    from labctl.lab import up_trace
    from labctl.ui import failure

    try:
        up_trace.write(target.endpoints().viewer, done, target.work())
    except LabError as error:
        failure.show(error)


def _report(name: str, target: "Target", why: str, done: list["Done"]) -> dict[str, object]:
    return {
        "lab": name, "target": target.name, "why": why, "endpoints": target.endpoints().as_json(),
        "steps": [{"title": d.title, "result": d.result, "seconds": round(d.seconds, 3)} for d in done],
    }


def _say(name: str, target: "Target", done: list["Done"]) -> None:
    from labctl.components import ports

    at = target.endpoints().as_json()
    changed = ", nothing has changed" if any(d.result == "nothing has changed" for d in done) else ""
    print(f"{name} is up on {target.name}{changed}")
    if at:
        labels = {port.name: port.label for _, port in ports()}
        print("   ".join(f"{labels[endpoint]} {url}" for endpoint, url in at.items()))
    else:
        print("its cluster publishes no port on this machine: labctl forward service 9002:9000")
    print("next: labctl load")
