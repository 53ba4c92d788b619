"""`labctl metrics`."""

from labctl.cli.options import Format, LabName, Output, ProjectFolder, print_json, settings


def metrics(lab: LabName = None, project: ProjectFolder = None, output: Format = Output.text) -> None:
    """Show the service's six metrics as the viewer has them."""
    from labctl.model import METRICS
    from labctl.targets import the_lab
    from labctl.telemetry.client import ViewerClient

    at = the_lab(settings(lab, project).spec()).endpoints()
    series = [one for one in ViewerClient(at.viewer).metrics() if one["name"] in METRICS]
    series.sort(key=lambda one: METRICS.index(one["name"]))
    if output is Output.json:
        print_json({"series": series})
        return
    from labctl.ui import metrics as screen
    from labctl.ui.console import out

    out().print(screen.render(series))
