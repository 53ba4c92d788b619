"""The tutorial's own table, for its own assumptions."""

import pytest

from labctl.cost.bill.bill import Group
from labctl.cost.money import Money
from tests.unit.cost.samples import LAB, TUTORIAL, UNMEASURED, billed, lines

TABLE = {"service": "$3–4", "collector": "$1–2", "load balancer": "$3–5", "egress to the internet": "<$1"}


def test_its_rows_and_its_total() -> None:
    for lab in (LAB, UNMEASURED):
        bill = billed(lab, table=TUTORIAL)
        found = {name: line.cost.text(1) for name, line in lines(bill).items() if line.group is not Group.TELEMETRY}
        assert found == TABLE
        assert bill.total.text(1) == "$7–12"
        assert 7 <= bill.total.low <= bill.total.high <= 12


def test_kind_is_free_and_says_why() -> None:
    bill = billed(table=TUTORIAL, provider="kind")
    assert bill.total == Money()
    assert lines(bill)["service"].why == "it runs on a machine that you have"


def test_spot_saves_60_to_80_percent_of_the_pods() -> None:
    pods, spot = (billed(table=TUTORIAL, spot=spot).of(Group.PODS) for spot in (False, True))
    assert spot.low / pods.low == pytest.approx(0.2)
    assert spot.high / pods.high == pytest.approx(0.4)
