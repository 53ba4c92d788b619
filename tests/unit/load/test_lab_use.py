"""What a run took of the lab."""

from dataclasses import replace

import pytest

from labctl.cost.measured.usage import LabUse, lab_use
from labctl.load.lab_use import _kept, _replicas
from labctl.model import Usage
from tests.unit.ui.samples import SUMMARY


@pytest.mark.parametrize(("sent", "sampled_out", "kept"), [(1000, 900, 0.1), (10, 10, 0.0), (0, 0, 1.0)])
def test_the_share_of_traces_that_are_kept_is_of_the_runs_own(sent: int, sampled_out: int, kept: float) -> None:
    assert _kept(replace(SUMMARY, sent=sent), sampled_out) == pytest.approx(kept)


def of_service(pods: int | None) -> list[Usage]:
    return [Usage("collector", 0.1, None, 1, None, None, 1), Usage("service", 0.1, None, 1, None, None, pods)]


def test_how_the_service_was_scaled_is_kept_and_said() -> None:
    counts = [1, 1, 2, None, 2, 3]
    found = [*_replicas([(2.04 * at, of_service(count)) for at, count in enumerate(counts)])]
    assert found == [(0.0, 1), (4.1, 2), (10.2, 3)]
    use = LabUse(replicas=found)
    assert use.scaled() == "The service was scaled during the run: 1 ready pod at first, 2 from 4.1 s on, 3 from 10.2 s on."
    assert lab_use(use.as_json()).replicas == found


@pytest.mark.parametrize("counts", [[], [None, None], [2, 2, 2]])
def test_a_service_that_was_not_scaled_has_nothing_to_say(counts: list[int | None]) -> None:
    use = LabUse(replicas=[*_replicas([(float(at), of_service(count)) for at, count in enumerate(counts)])])
    assert use.scaled() == ""
    assert lab_use({"telemetry": None, "usage": []}).replicas == []
