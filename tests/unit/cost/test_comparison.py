"""Backends side by side: the rows add up, and differ in nothing but the backend."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.cost.bill.bill import Group
from labctl.cost.comparison import BackendCost, compare
from labctl.cost.measured.volume import SIGNALS
from labctl.cost.money import Money
from tests.unit.cost.samples import LIST, UNMEASURED, asked


def close(one: Money, other: Money) -> bool:
    return (one.low, one.high) == pytest.approx((other.low, other.high))


def parts(row: BackendCost) -> Money:
    return sum((row.signal(name) for name in SIGNALS), row.fixed)


@settings(max_examples=40)
@given(rps=st.floats(0, 5000), sampling=st.floats(0, 1), provider=st.sampled_from(list(LIST.providers)))
def test_the_parts_of_each_row_add_up(rps: float, sampling: float, provider: str) -> None:
    rows = compare(asked(provider=provider, rps=rps, sampling=sampling))
    assert {row.name for row in rows} == set(LIST.backends)
    for row in rows:
        assert close(parts(row), row.telemetry), row.name
        assert close(row.telemetry + row.network + row.bill.of(Group.PODS, Group.CLUSTER), row.bill.total)
        pods = {line.name for line in row.bill.lines if line.group is Group.PODS} - {"rest of the nodes"}
        assert pods - {"viewer"} == {"service", "collector"}
        assert ("viewer" in pods) == (row.name in {"viewer", "own-disk"})
    assert [row.bill.total.middle for row in rows] == sorted(row.bill.total.middle for row in rows)


def test_what_is_unknown_is_in_no_sum() -> None:
    rows = {row.name: row for row in compare(asked(UNMEASURED))}
    assert not rows["new-relic"].complete
    assert rows["new-relic"].telemetry == Money()
    assert close(rows["datadog"].telemetry, Money(31 + 15, 48 + 18))
