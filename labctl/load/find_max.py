"""`labctl load --find-max` as a use case: the plan of a short run at each rate, and the search."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from labctl import targets
from labctl.errors import UsageError
from labctl.load.judge import capacity
from labctl.load.judge.capacity import Capacity, Trial
from labctl.load.plan.run_options import RunOptions
from labctl.load.run import plan_for
from labctl.load.screen_protocol import Screen
from labctl.model import LabSpec

EXAMPLE: Final = "p99<200ms,errors<1%"
_WORKERS: Final = 100                   # initially, without -c: enough that the server is the bottleneck, not the generator
_MOST_WORKERS: Final = 1000


def find_max(options: RunOptions, spec: LabSpec, screen: Screen, interrupted: Callable[[Capacity], None]) -> Capacity:
    """Search for the highest rate that meets the thresholds in `options`; the search itself picks each trial's rate.

    `interrupted` gets the trials so far when a signal ends the search. Raises UsageError without a threshold.
    """
    if not options.slo:
        raise UsageError("--find-max needs thresholds", hint=f"labctl load --find-max --slo '{EXAMPLE}'")
    if any(threshold.figure == "lost" for threshold in options.slo):
        raise UsageError(
            "--find-max makes no client spans, so it cannot tell what is lost",
            hint=f"labctl load --find-max --slo '{EXAMPLE}'",
        )
    searching = replace(
        options, rps=1.0, stages=None, requests=None, concurrency=options.concurrency or _WORKERS,
        duration_s=options.duration_s or capacity.TRIAL_S,
    )
    # no client spans: thousands a second would load the collector, and the search measures the service
    plan = replace(plan_for(searching, spec, targets.running_target(spec)), otlp=None)
    trials: list[Trial] = []

    def tell(trial: Trial) -> None:
        trials.append(trial)
        screen.trial(trial)

    try:
        return capacity.find_capacity(plan, options.slo, tell, workers=options.concurrency or _MOST_WORKERS)
    except (KeyboardInterrupt, SystemExit):
        if trials:
            interrupted(Capacity.of(plan.url, trials, interrupted=True))
        raise
