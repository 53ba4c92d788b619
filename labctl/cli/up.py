"""`labctl up`."""

from enum import StrEnum
from typing import Annotated

import typer

from labctl.cli.options import Format, LabName, Output, ProjectFolder, Settings, print_json, settings


class Where(StrEnum):
    auto = "auto"
    local = "local"
    kind = "kind"


TargetName = Annotated[Where | None, typer.Option("--target", help="Where the lab lives.", show_default="auto")]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long to wait for anything, such as 30s or 2m.")]
Retain = Annotated[bool, typer.Option("--retain", help="When it fails, leave what was made, to look at it.")]


def up(
    target: TargetName = None, pairs: Settings = None, timeout: Timeout = "30s", retain: Retain = False,
    lab: LabName = None, project: ProjectFolder = None, output: Format = Output.text,
) -> None:
    """Bring the lab up, or make it what the settings say now.

    Done when one request's trace has arrived at the viewer, with every span. Run it again after a change: only what the change
    touches is restarted.
    """
    from labctl import plan
    from labctl.config import seconds
    from labctl.host import locks
    from labctl.model import Lab
    from labctl.targets import choose
    from labctl.ui.steps import steps

    config = settings(lab, project, pairs, LABCTL_TARGET=target.value if target else None)
    spec = config.spec()
    with locks.hold(spec.state.with_suffix(".lock"), "up"):
        chosen, _why = choose(config["LABCTL_TARGET"], spec)
        done = plan.up(Lab(spec, chosen, seconds(timeout, "--timeout")), steps(), retain=retain)
    at = chosen.endpoints()
    if output is Output.json:
        print_json({
            "lab": spec.name, "target": chosen.name, "endpoints": at.as_json(),
            "steps": [{"title": d.title, "result": d.result, "seconds": round(d.seconds, 3)} for d in done],
        })
        return
    changed = "" if any("started" in d.result for d in done) else ", nothing has changed"
    print(f"{spec.name} is up on {chosen.name}{changed}")
    print(f"service {at.service}   viewer {at.viewer}   OTLP {at.otlp_grpc} (gRPC), {at.otlp_http} (HTTP)")
    print("next: labctl load")
