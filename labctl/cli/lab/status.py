"""`labctl status`."""

from labctl.cli.options import Flags, Format, Output, lab_options, print_json


@lab_options
def status(flags: Flags, output: Format = Output.text) -> None:
    """Show each component of the lab: whether it answers, where, and since when. Exit 1 when no lab is up."""
    import typer

    from labctl.config import load
    from labctl.targets import require_target

    config = load(flags)
    spec = config.spec()
    target = require_target(spec)
    health = target.health()
    state = "ready" if all(one.state == "ready" for one in health) else "degraded"
    report = {
        "lab": spec.name, "target": target.name, "state": state,
        "components": [one.as_json() for one in health], "endpoints": target.endpoints().as_json(),
        "project": str(config.project.root), "project_origin": config.project.origin,
    }
    if output is Output.json:
        print_json(report)
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.lab import status as screen

        out().print(screen.render(report))
    raise typer.Exit(0 if state == "ready" else 5)
