"""`labctl slo`."""

from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

if TYPE_CHECKING:
    from labctl.switches.slo.objectives import Slo

Objectives = Annotated[str | None, typer.Argument(
    metavar="[OBJECTIVE,…|off]", help="Set these: a latency, such as 'p99<200ms', and a share of errors, such as 'errors<1%'.",
    show_default="show those of the lab",
)]
Window = Annotated[str | None, typer.Option(metavar="TIME", help="The period that an error budget covers.", show_default="30d")]
Scale = Annotated[int | None, typer.Option(
    metavar="N", help="Divide every window by N, to try alerts out; none gets shorter than 10 s.", show_default="1",
)]


@lab_options
def slo(
    flags: Flags, objectives: Objectives = None, window: Window = None, scale: Scale = None, output: Format = Output.text,
) -> None:
    """Show what is left of each objective's error budget, or set service level objectives, which Prometheus then watches.

    An objective allows a share of bad requests, its error budget: 'p99<200ms' 1 % slower than 200 ms, 'errors<1%' 1 % answered
    with 5xx. How fast it is used up is the burn rate: 1 uses it up in exactly the window. An alert pages at 14.4 (in 1 h and in
    5 min) and at 6 (6 h, 30 min), and makes a ticket at 3 (1 d, 2 h) and at 1 (3 d, 6 h), in proportion for another window; after
    the Site Reliability Workbook, chapter 5. With fewer than 10 requests in the short window none fires.
    """
    from labctl.addons import error_budgets
    from labctl.config import load
    from labctl.targets import require_target

    if objectives is not None:
        _set(flags, objectives, window, scale)
    elif window is not None or scale is not None:
        from labctl.errors import UsageError

        raise UsageError("--window and --scale need objectives", hint=error_budgets.HINT)
    if objectives == "off":
        return
    spec = load(flags).spec()
    report = error_budgets.report(require_target(spec), spec)
    if output is Output.json:
        print_json("Slo", report.as_json())
        return
    from labctl.ui.kit.console import out
    from labctl.ui.telemetry import error_budgets as screen

    out().print(screen.render(report))


def _set(flags: Flags, text: str, window: str | None, scale: int | None) -> None:
    """Bring the lab up with them, and wait until Prometheus has their rules."""
    from labctl.addons import error_budgets, rule_check
    from labctl.cli.faults_on import told
    from labctl.config import load
    from labctl.lab import lifecycle
    from labctl.switches.slo import rules
    from labctl.targets import require_target
    from labctl.ui.kit.plain import remark
    from labctl.ui.lab.steps import steps

    slo = _read(text, window, scale) if text != "off" else None
    require_target(load(flags).spec())              # objectives are a running lab's
    if slo and not rule_check.check(rules.text(slo)):
        remark("promtool is not on the PATH: the rules were not checked")
    config = load(flags | {"LABCTL_SLO": slo.text if slo else "off"})
    with told(config):
        lifecycle.up(config, lifecycle.UpOptions(60.0, retain=True), steps())
    spec = config.spec()
    error_budgets.await_loaded(require_target(spec), spec)


def _read(text: str, window: str | None, scale: int | None) -> "Slo":
    from labctl.errors import UsageError
    from labctl.switches.slo.objectives import read

    more = [f"window={window}"] * (window is not None) + [f"scale={scale}"] * (scale is not None)
    try:
        return read(",".join([text, *more]))
    except ValueError as error:
        raise UsageError(f"labctl slo {text}: expected {error}", hint="labctl slo 'p99<200ms,errors<1%' --window 30d") from None
