"""No row of the screens about money says $0.00, and what a provider does not offer is not shown as if it counted."""

import re

import pytest

from labctl.cost.estimate import Wanted, estimate
from labctl.cost.month import WhatIf
from labctl.ui.cost import bill, words
from tests.unit.cost.samples import LAB, LIST
from tests.unit.ui.conftest import Draw


@pytest.mark.parametrize("backend", LIST.backends)
@pytest.mark.parametrize("rps", [0.0, 50.0])
def test_no_row_says_nothing_in_cents(draw: Draw, backend: str, rps: float) -> None:
    for width in (80, 120):
        drawn = draw(bill.render(estimate(LAB, Wanted(LIST, backend=backend, what_if=WhatIf(rps=rps)))), width)
        assert [line for line in drawn.splitlines() if re.search(r" \$0\.00(?!\d)", line)] == []


def test_spot_is_named_where_there_is_such_a_thing() -> None:
    spot = WhatIf(spot=True)
    gke, fargate = (words.question(estimate(LAB, Wanted(LIST, name, what_if=spot))) for name in ("gke", "eks-fargate"))
    assert gke.endswith("· spot")
    assert fargate.endswith("· spot: not offered by EKS on Fargate, us-east-1")
