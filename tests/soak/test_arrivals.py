"""What an engine sends, by its own clock, arrives as it was planned, unless the machine is busy with something else."""

from itertools import pairwise
from math import expm1
from typing import Any

import pytest

from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.schedule import offsets
from labctl.load.plan.stages import Stage
from tests.unit.load.kolmogorov_smirnov import ONE_PERCENT, distance
from tests.unit.load.running import load
from tests.unit.load.servers import GOOD, each, serving

RAMP = (Stage(1.0, 0.0, 800.0), Stage(0.5, 800.0, 0.0))


def sent(**plan: Any) -> list[float]:
    """When each hit was sent, in seconds from the start, in order."""
    times = []
    with serving(each(GOOD)) as url:
        result = load(url, lambda _, due, begun, *__: times.append((due, begun)), requests=None, concurrency=20, **plan)
    assert result.dropped == 0
    planned = next(offsets(LoadPlan(url, requests=None, **plan)))
    start = min(due for due, _ in times) - planned
    return sorted(begun - start for _, begun in times)


def test_a_ramp_is_climbed() -> None:
    found = sent(stages=RAMP, duration_s=1.5)
    assert len(found) == 600
    assert distance(found, lambda at: (400 * at**2 if at < 1 else 600 - 800 * max(1.5 - at, 0) ** 2) / 600) < ONE_PERCENT


@pytest.mark.parametrize("seed", [1, 2])
def test_poisson_arrivals_stay_poisson(seed: int) -> None:
    found = sent(rps=500.0, duration_s=1.5, arrivals="poisson", seed=seed)
    assert len(found) == 750
    assert distance(found, lambda at: min(at / 1.5, 1.0)) < ONE_PERCENT
    gaps = [after - before for before, after in pairwise([0.0, *found])]
    assert distance(gaps, lambda gap: -expm1(-gap * 500.0)) < ONE_PERCENT
