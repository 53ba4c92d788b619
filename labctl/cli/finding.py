"""`labctl load --find-max`: the search under a line for each rate that is tried, then the curve."""

from dataclasses import replace

from labctl import targets
from labctl.cli import loading
from labctl.cli.options import Output, print_json
from labctl.errors import Missed, UsageError
from labctl.load import capacity, slo
from labctl.load.capacity import Capacity
from labctl.load.wish import Wish
from labctl.model import LabSpec

_WORKERS = 100                          # so that the server is what is measured, unless -c says otherwise


def run(wish: Wish, spec: LabSpec, output: Output) -> None:
    """Search and print. Raises Missed when no rate holds, UsageError when nothing is asked or a rate is given as well."""
    if not wish.slo:
        raise UsageError("--find-max needs to know what has to hold", hint=f"--find-max --slo '{slo.EXAMPLE.rpartition(',')[0]}'")
    if any((wish.rate, wish.rps, wish.closed, wish.stages, wish.offsets, wish.requests)):
        raise UsageError("--find-max chooses the rates itself", hint="leave away what says how many requests, and how often")
    asked = replace(wish, concurrency=wish.concurrency or _WORKERS, duration_s=wish.duration_s or capacity.STEP_S, rps=1.0)
    plan = loading.plan_of(asked, spec, targets.standing(spec))

    from labctl.ui import curve
    from labctl.ui.console import err

    # no client spans: the search is about the service, and thousands of spans a second would be about the collector
    found = capacity.find_max(replace(plan, otlp=None), wish.slo, lambda trial: err().print(curve.line(trial)))
    _show(found, output)
    if found.best is None:
        worst = found.curve[0]
        raise Missed(f"not even {worst.rps:g}/s holds", detail=worst.why)


def _show(found: Capacity, output: Output) -> None:
    if output is Output.json:
        print_json(found.as_json())
        return
    from labctl.ui import curve
    from labctl.ui.console import out

    out().print(curve.render(found))
