"""Faults made by hand with kubectl: `labctl why` names the cause, and its remedy mends it. More of them in tests/soak/kind."""

import pytest

from tests.driver import Driver
from tests.soak.kind.test_why import COLLECTOR, OFTEN, SERVICE, break_and_mend, causes, shell

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.mark.parametrize("name", OFTEN)
def test_the_cause_is_first_and_its_remedy_mends_it_in_kind(kind_lab: Driver, name: str) -> None:
    kind_lab.run("up")
    break_and_mend(kind_lab, name)


def test_a_healthy_lab_and_what_is_set_on_purpose_have_no_cause_in_kind(kind_lab: Driver) -> None:
    kind_lab.run("up")
    shell(kind_lab, f"k scale deployment/{SERVICE} --replicas=2", f"k rollout restart deployment/{COLLECTOR}")
    try:
        for _ in range(5):              # in the middle of the rollout, and after it
            assert causes(kind_lab.json("why", code=None)) == []
    finally:
        kind_lab.run("up")
