"""What would save money, and the requests that would do."""

from typing import Any

import pytest

from labctl import overrides
from labctl.cost.bill.bill import Group
from labctl.cost.estimate import Estimate, Measured, Wanted, estimate
from labctl.cost.measured.usage import ComponentUse
from labctl.cost.money import Money
from labctl.cost.month import WhatIf
from labctl.cost.right_size import right_sizes
from labctl.cost.savings import Saving
from tests.unit.cost.samples import LAB, LIST, MI, UNMEASURED, USAGE, billed


def estimated(lab: Measured = LAB, provider: str = "", backend: str = "") -> Estimate:
    return estimate(lab, Wanted(LIST, provider, backend))


def by_name(found: Estimate) -> dict[str, Saving]:
    return {one.name: one for one in found.savings}


def test_each_saving_is_the_difference_of_two_bills() -> None:
    saved = by_name(estimated(backend="grafana-cloud"))
    now = billed(backend="grafana-cloud").total
    changes: dict[str, dict[str, Any]] = {
        "sampling": {"sampling": 0.1}, "aggregation": {"metric_interval_s": 60.0}, "spot instances": {"spot": True},
        "retention": {"retention_days": 7.0},
    }
    for name, what in changes.items():
        assert saved[name].saved == now - billed(backend="grafana-cloud", **what).total, name
    assert saved["sampling"].saved.low > 0


def test_spot_saves_of_the_pods_alone() -> None:
    spot = by_name(estimated())["spot instances"].saved
    pods = billed().of(Group.PODS).low
    share = LIST.providers["gke-autopilot"].prices["spot"].amount
    assert (spot.low, spot.high) == pytest.approx((share.high * pods, share.low * pods))
    aks = by_name(estimated(provider="aks"))["spot instances"]
    assert (aks.saved, aks.why) == (Money(), "saves nothing with AKS on B2s, East US")


def test_what_the_lab_does_already_is_said_and_costs_nothing_more() -> None:
    saved = by_name(estimate(LAB, Wanted(LIST, backend="datadog", what_if=WhatIf(spot=True, sampling=0.05, retention_days=3.0))))
    assert saved["spot instances"].already
    first = by_name(estimated(backend="datadog"))["spot instances"].saved
    assert (saved["spot instances"].saved.low, saved["spot instances"].saved.high) == pytest.approx((first.low, first.high))
    assert saved["sampling"].already
    assert saved["sampling"].what == "5 % of the traces are kept"
    assert saved["sampling"].saved.low > 0
    assert "retention" not in saved


def test_what_would_cost_more_is_called_so() -> None:
    little = estimate(LAB, Wanted(LIST, backend="aws", what_if=WhatIf(rps=0.001)))
    local = by_name(little)["local storage"]
    assert local.saved.high < 0
    assert local.why == "costs more: the viewer instead of AWS X-Ray and CloudWatch"


def test_batching_is_measured_against_an_export_for_each_request() -> None:
    batching = by_name(estimated(backend="new-relic"))["batching"]
    assert batching.already
    each = billed(backend="new-relic", unbatched=True).month
    now = billed(backend="new-relic").month
    assert each
    assert now
    assert each.bytes["traces"] == pytest.approx(now.bytes["traces"] * (3_500_000 + 350 * 4000) / 3_500_000)
    assert each.bytes["metrics"] == now.bytes["metrics"]
    assert batching.saved.low > 0


def test_without_a_run_they_are_unknown() -> None:
    saved = by_name(estimated(UNMEASURED, backend="datadog"))
    assert {name for name, one in saved.items() if one.saved is None} == set(saved) - {"spot instances"}
    assert all(one.why for one in saved.values() if one.saved is None)


def test_the_rule_of_right_sizing() -> None:
    [size] = right_sizes([ComponentUse("service", [0.1 * n / 20 for n in range(1, 21)], 100 * MI, 0.2)])
    assert [size.cpu_p95, size.cpu_peak] == pytest.approx([0.095, 0.1])
    assert (size.cpu_request, size.cpu_limit) == (0.12, 0.25)         # 0.095 × 1.2, up to the next hundredth of a core
    assert (size.memory_request, size.memory_limit) == (128 * MI, 160 * MI)
    assert size.capped
    assert size.sets == {
        "service.requests.cpu": "120m", "service.limits.cpu": "250m", "service.requests.memory": "128Mi",
        "service.limits.memory": "160Mi",
    }
    assert right_sizes([ComponentUse("service", [0.1] * 5, 100 * MI, None)]) == []


def test_what_right_sizing_sets_is_accepted_and_its_peak_fits() -> None:
    for size in right_sizes(USAGE):
        assert overrides.checked(dict(size.sets)) == dict(size.sets)
        assert size.cpu_request <= size.cpu_limit
        assert size.memory_peak < 0.8 * size.memory_limit


def test_right_sizing_saves_what_the_smaller_pods_cost_less() -> None:
    found = estimated()
    assert found.right_sizing == by_name(found)["right-sizing"].saved
    assert found.right_sizing.low > 0
    assert estimated(provider="eks").right_sizing == Money()          # one node before, one node after
