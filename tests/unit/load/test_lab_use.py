"""What a run took of the lab."""

from dataclasses import replace

import pytest

from labctl.load.lab_use import _kept
from tests.unit.ui.samples import SUMMARY


@pytest.mark.parametrize(("sent", "sampled_out", "kept"), [(1000, 900, 0.1), (10, 10, 0.0), (0, 0, 1.0)])
def test_the_share_of_traces_that_are_kept_is_of_the_runs_own(sent: int, sampled_out: int, kept: float) -> None:
    assert _kept(replace(SUMMARY, sent=sent), sampled_out) == pytest.approx(kept)
