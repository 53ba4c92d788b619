"""`labctl cost`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import completion
from labctl.cli.cost import wiring
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, given, lab_options

if TYPE_CHECKING:
    from labctl.cost.estimate import Measured, Wanted


_DAY_S = 86400.0


def _what_if(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel="What if", **{"show_default": False, **more})


def _prices(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Prices", **{"show_default": False, **more})


Run = Annotated[str | None, typer.Argument(
    metavar="[RUN]", help="The load run that measured the telemetry: its id or its beginning, last, last-1, …, or a file.",
    show_default="the last that did", autocompletion=completion.runs,
)]
Rps = Annotated[float | None, _what_if(
    min=0, max=1e6, metavar="N", help="Requests per second, all month.", show_default="the run's rate",
)]
Sampling = Annotated[str | None, _what_if(
    metavar="SHARE", help="Traces that the collector keeps, such as 10%.", show_default="as in the run",
)]
Replicas = Annotated[int | None, _what_if(min=1, max=1000, metavar="N", help="Replicas of the service.")]
Retention = Annotated[str | None, _what_if(metavar="TIME", help="How long the backend keeps telemetry, such as 30d.")]
Interval = Annotated[str | None, _what_if(metavar="TIME", help="How often the service exports its metrics, such as 60s.")]
Zones = Annotated[int, _what_if(min=1, max=6, metavar="N", help="Zones over which the pods are spread.")]
Spot = Annotated[bool, _what_if("--spot", help="On spot nodes, which can be taken away at any time.")]
Set = Annotated[list[str] | None, _what_if(
    "--set", metavar="NAME=VALUE",
    help="A value that `labctl up --set` would change in the manifests, such as service.requests.cpu=100m. Repeatable.",
    autocompletion=completion.settings_and_overrides,
)]
Provider = Annotated[str, _prices(
    metavar="NAME", show_default="gke-autopilot",
    help="Where the pods run: gke-autopilot, gke, eks-fargate, eks, aks, kind, or another of the price file.",
)]
Backend = Annotated[str, _prices(
    metavar="NAME", show_default="the viewer, and what the lab exports to",
    help="The only place where telemetry goes: viewer, own-disk, google-cloud, aws, azure, datadog, new-relic, grafana-cloud, "
         "honeycomb, logfire, or another of the price file.",
)]
Prices = Annotated[str, _prices(
    metavar="FILE", help="A price file, `list` (the one in the package) or `tutorial` (the tutorial's assumptions).",
    show_default="list",
)]
Compare = Annotated[bool, typer.Option("--compare", help="The bill with every backend, side by side.", rich_help_panel="Views")]
RightSizing = Annotated[bool, typer.Option(
    "--right-size", help="The requests and limits that are enough for what the run used.", rich_help_panel="Views",
)]


@lab_options
def cost(
    flags: Flags, run: Run = None, rps: Rps = None, sampling: Sampling = None, replicas: Replicas = None,
    retention: Retention = None, metric_interval: Interval = None, zones: Zones = 1, spot: Spot = False, settings: Set = None,
    provider: Provider = "", backend: Backend = "", prices: Prices = "list", compare: Compare = False,
    right_size: RightSizing = False, output: Format = Output.text,
) -> None:
    """Work out what the lab would cost in a month, from its pods' requests, the telemetry that a load run measured, and prices.

    Telemetry goes to the lab's viewer and to the backends that the lab exports to. A price is a range where it depends on how you
    buy; each has a source, a date, and how well it was checked. What nobody has measured is unknown, or a reference figure that
    is named as such.
    """
    from labctl.config import load
    from labctl.config import seconds as time_of
    from labctl.cost.estimate import Wanted
    from labctl.cost.month import WhatIf
    from labctl.cost.prices import price_file
    from labctl.errors import UsageError
    from labctl.load.plan.flag_readers import rate, share

    other = "--right-size" if right_size else f"--backend {backend}" if backend else ""
    if compare and other:
        raise UsageError(f"--compare and {other} exclude each other", hint=f"labctl cost --compare\nlabctl cost {other}")
    what_if = WhatIf(
        rate("--rps", rps), share("--sampling", sampling) if sampling else None, replicas,
        days(time_of(retention, "--retention")) if retention else None,
        time_of(metric_interval, "--metric-interval") if metric_interval else None, zones, spot,
    )
    wanted = Wanted(price_file.read(prices), provider, backend, what_if)
    measured = wiring.measured(load(given(flags, settings)), run)
    if compare:
        _compare(measured, wanted, output)
    else:
        _show(measured, wanted, output, right_size=right_size)


def days(time_s: float) -> float:
    from labctl.errors import UsageError

    if not time_s:
        raise UsageError("--retention 0: expected more than nothing", hint="labctl cost --retention 30d")
    return time_s / _DAY_S


def _compare(measured: "Measured", wanted: "Wanted", output: Output) -> None:
    from labctl.cost.comparison import compare
    from labctl.cost.estimate import estimate

    found = estimate(measured, wanted)
    rows = compare(found.bill.asked)
    if output is Output.json:
        print_json("CostComparison", {**found.question_json(), "backends": [row.as_json() for row in rows]})
        return
    from labctl.ui.cost import comparison as screen
    from labctl.ui.kit.console import out

    out().print(screen.render(found, rows))


def _show(measured: "Measured", wanted: "Wanted", output: Output, *, right_size: bool) -> None:
    from labctl.cost.estimate import estimate

    found = estimate(measured, wanted)
    if output is Output.json:
        print_json("Cost", found.as_json())
        return
    from labctl.ui.cost import bill, right_sizing
    from labctl.ui.kit.console import out

    out().print(right_sizing.render(found) if right_size else bill.render(found))
