"""What the rate of a run would cost in a month at every backend, for its report."""

from collections.abc import Sequence
from contextlib import suppress

from labctl.cost.comparison import BackendCost, compare
from labctl.cost.estimate import Measured, Wanted, question
from labctl.cost.measured.usage import LabUse
from labctl.cost.prices import price_file
from labctl.errors import LabError
from labctl.load.measure.summary import Summary
from labctl.model import LabSpec, Target
from labctl.targets.pods import pods


def costs(spec: LabSpec, target: Target, summary: Summary, use: LabUse) -> Sequence[BackendCost]:
    """By list prices; empty where the run did not measure its telemetry."""
    if use.volume is None:
        return ()
    with suppress(LabError):
        lab = Measured(target.name, pods(spec, target), use.volume, use.usage, summary.rate)
        return compare(question(lab, Wanted(price_file.read()))[0])
    return ()
