"""`labctl load --find-max`: the search under a line for each rate that is tried, then the curve."""

from collections.abc import Mapping
from dataclasses import replace

from labctl import numbers, targets
from labctl.cli import loading
from labctl.cli.asked import Asked
from labctl.cli.json_output import print_json
from labctl.cli.options import Output
from labctl.errors import Missed, UsageError
from labctl.load.judge import capacity
from labctl.load.judge.capacity import Capacity, Trial
from labctl.load.plan import arguments
from labctl.model import LabSpec

_EXAMPLE = "p99<200ms,errors<1%"
_WORKERS = 100                          # to begin with, so that the server is what is measured, unless -c says otherwise
_MOST_WORKERS = 1000


def run(asked: Asked, spec: LabSpec, output: Output, more: Mapping[str, object]) -> None:
    """Search and print; `more` is what was typed that has no meaning here.

    Raises Missed when no rate holds, UsageError when nothing is asked or a rate was typed as well.

    Of a scenario, what is sent and the thresholds count; its rates and its length are what the search replaces.
    """
    options = asked.options()
    if not options.slo:
        raise UsageError("--find-max needs to know what has to hold", hint=f"--find-max --slo '{_EXAMPLE}'")
    if unwanted := [flag for flag, value in {**more, "--abort-on-slo": asked.abort_on_slo}.items() if value is not None]:
        raise UsageError(f"--find-max has no use for {', '.join(unwanted)}", hint="a run at the rate that is found has")
    if asked.paced():
        raise UsageError("--find-max chooses the rates itself", hint="leave away what says how many requests, and how often")
    searching = replace(
        options, rps=1.0, stages=None, requests=None, concurrency=options.concurrency or _WORKERS,
        duration_s=arguments.seconds("--duration", asked.duration) or capacity.STEP_S,
        warmup_s=arguments.seconds("--warm-up", asked.warm_up, 0.0),
    )
    plan = loading.plan_of(searching, spec, targets.running_target(spec))

    from labctl.ui.kit.console import err
    from labctl.ui.load import capacity as screen

    told: list[Trial] = []

    def tell(trial: Trial) -> None:
        told.append(trial)
        err().print(screen.line(trial))

    # no client spans: the search is about the service, and thousands of spans a second would be about the collector
    try:
        found = capacity.find_max(replace(plan, otlp=None), options.slo, tell, workers=options.concurrency or _MOST_WORKERS)
    except (KeyboardInterrupt, SystemExit):             # by Ctrl-C, or a signal
        if told:
            _show(Capacity.of(plan.url, told, interrupted=True), output)
        raise
    _show(found, output)
    if found.best is None:
        least = found.curve[0]
        raise Missed(f"not even {numbers.rate(least.rps)} holds", detail=least.why)


def _show(found: Capacity, output: Output) -> None:
    if output is Output.json:
        print_json("Capacity", found.as_json())
        return
    from labctl.ui.kit.console import out
    from labctl.ui.load import capacity as screen

    out().print(screen.render(found))
