"""The bill: what each line comes to, and what moves it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.cost.bill.bill import UNKNOWN, Bill, Group
from labctl.cost.money import Money
from labctl.cost.prices.table import MONTH_S
from labctl.errors import UsageError
from tests.unit.cost.samples import LAB, LIST, MI, PODS, UNMEASURED, billed, lines

PROVIDERS, BACKENDS = list(LIST.providers), list(LIST.backends)
ANYWHERE = {"provider": st.sampled_from(PROVIDERS), "backend": st.sampled_from(BACKENDS)}
RATES = st.floats(0.01, 20_000)
FEW = settings(max_examples=60)


def costs(bill: Bill, *groups: Group) -> dict[str, Money | None]:
    return {f"{line.group} {line.name}": line.cost for line in bill.lines if not groups or line.group in groups}


def quantities(bill: Bill) -> dict[str, float | None]:
    return {f"{line.group} {line.name}": line.quantity for line in bill.lines}


def test_pods_by_what_they_request() -> None:
    found = lines(billed(provider="gke-autopilot"))
    assert found["service"].cost.low == pytest.approx(730 * (0.25 * 0.0445 + 0.25 * 0.0049225))
    assert found["control plane"].cost == Money()
    assert "credit" in found["control plane"].why


def test_pods_by_the_smallest_size_that_holds_them() -> None:
    service = lines(billed(provider="eks-fargate"))["service"]
    assert service.cost.low == pytest.approx(730 * (0.25 * 0.04048 + 0.5 * 0.004445))
    assert service.why == "charged as 0.25 vCPU, 512 MiB"
    large = replace(LAB, pods=[replace(PODS[0], cpu=0.3, memory=300.0 * MI)])
    assert lines(billed(large, provider="eks-fargate"))["service"].why == "charged as 0.50 vCPU, 1.0 GiB"


def test_whole_nodes_are_paid_for_and_what_is_left_of_them_is_a_line() -> None:
    bill = billed(provider="eks")
    assert bill.of(Group.PODS).low == pytest.approx(730 * 0.0208)
    assert lines(bill)["rest of the nodes"].quantity == pytest.approx(1 - (0.45 / 1.73 + 512 / 1300) / 2)
    assert billed(provider="eks", replicas=10).of(Group.PODS).low == pytest.approx(730 * 0.0208 * 3)


def test_a_pod_that_fits_nowhere_is_one_clear_error() -> None:
    huge = replace(LAB, pods=[replace(PODS[0], cpu=64.0)])
    for provider in ("eks", "eks-fargate"):
        with pytest.raises(UsageError, match="service"):
            billed(huge, provider=provider)


def test_charges_by_the_backends_own_units() -> None:
    requests, spans = 50 * MONTH_S, 4 * 50 * MONTH_S
    google = lines(billed(provider="gke", backend="google-cloud"))
    assert google["spans"].cost.low == pytest.approx((spans / 1e6 - 2.5) * 0.20)
    assert google["samples"].cost.low == pytest.approx(130 * MONTH_S / 1e6 * 0.06)
    assert google["log storage"].cost == Money()
    assert google["log storage"].why == "the first 50 GiB of a month are free"
    aws = lines(billed(provider="eks", backend="aws"))
    assert aws["traces recorded"].cost.low == pytest.approx((requests / 1e6 - 0.1) * 5)
    assert aws["custom metrics"].cost.low == pytest.approx(10 * 0.30)
    grafana = lines(billed(backend="grafana-cloud"))
    assert grafana["written"].quantity == pytest.approx(requests * (700 + 240) / 1e9)
    assert grafana["active series"].quantity == pytest.approx(130 * 60 / 1000)       # exported each second: 60 points a minute
    assert grafana["retained"].cost == Money()
    longer = lines(billed(backend="grafana-cloud", retention_days=60.0))["retained"]
    assert longer.quantity == pytest.approx(grafana["written"].quantity * 30 / (730 / 24))
    datadog = lines(billed(provider="eks", backend="datadog", replicas=10))
    assert datadog["APM hosts"].cost == Money(3 * 31, 3 * 48)


def test_egress_is_responses_and_telemetry_that_leaves_the_providers_network() -> None:
    responses = 50 * MONTH_S * 350
    compressed = 50 * MONTH_S * (700 * 0.25 + 240 * 0.4) + MONTH_S * 8000 * 0.25
    at_home, away = (lines(billed(provider="eks", backend=name))["egress to the internet"] for name in ("aws", "datadog"))
    assert at_home.quantity == pytest.approx(responses / 1e9)
    assert away.quantity == pytest.approx((responses + compressed) / 1e9)


def test_zones() -> None:
    assert lines(billed(zones=1))["traffic between zones"].cost == Money()
    one_hop = lines(billed(zones=3, backend="datadog"))["traffic between zones"].quantity
    assert one_hop == pytest.approx((50 * MONTH_S * 940 + MONTH_S * 8000) * 2 / 3 / (1 << 30))
    assert lines(billed(zones=3))["traffic between zones"].quantity == pytest.approx(2 * one_hop)


def test_what_nobody_measured_is_unknown_and_the_rest_is_a_lower_bound() -> None:
    bill = billed(UNMEASURED, backend="datadog")
    assert bill.per_million is None
    assert {"egress to the internet", "spans ingested", "logs indexed"} <= set(bill.unknown)
    assert bill.total.low > 31
    assert all(line.why == UNKNOWN for line in bill.lines if line.cost is None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_kind_costs_nothing_but_what_a_backend_elsewhere_charges(backend: str) -> None:
    bill = billed(provider="kind", backend=backend)
    assert bill.of(Group.PODS, Group.CLUSTER, Group.NETWORK) == Money()
    assert all(line.why for line in bill.lines if line.group is Group.PODS)
    assert (bill.total == Money()) == (backend in {"viewer", "own-disk"})


@FEW
@given(rps=RATES, **ANYWHERE)
def test_twice_the_requests_move_what_counts_requests_and_nothing_else(rps: float, provider: str, backend: str) -> None:
    once, twice = (billed(provider=provider, backend=backend, rps=rate) for rate in (rps, 2 * rps))
    for (name, before), after in zip(quantities(once).items(), quantities(twice).values(), strict=True):
        line = next(line for line in once.lines if f"{line.group} {line.name}" == name)
        with_metrics = line.group == "telemetry" and "metrics" in line.signals
        fixed = line.group in {"pods", "cluster"} or line.name == "load balancer"
        if before is None or fixed or (line.group == "telemetry" and not line.signals):
            assert after == before, name
        elif line.signals == ["metrics"]:
            assert after == pytest.approx(before), name
        elif with_metrics or "egress" in name or "zones" in name:
            assert before <= after <= 2 * before * 1.000001, name
        else:
            assert after == pytest.approx(2 * before), name
    assert twice.total.low >= once.total.low


@FEW
@given(rps=RATES, share=st.floats(0.02, 1.0), **ANYWHERE)
def test_half_the_traces_move_what_counts_traces_and_nothing_else(rps: float, share: float, provider: str, backend: str) -> None:
    whole, half = (billed(provider=provider, backend=backend, rps=rps, sampling=part) for part in (share, share / 2))
    for line, other in zip(whole.lines, half.lines, strict=True):
        if line.signals == ["traces"]:
            assert other.quantity == pytest.approx((line.quantity or 0) / 2), line.name
        elif "traces" in line.signals or line.name == "egress to the internet":
            assert (other.quantity or 0) <= (line.quantity or 0), line.name
        else:
            assert (other.quantity, other.cost) == (line.quantity, line.cost), line.name
    assert half.total.high <= whole.total.high


@FEW
@given(rps=RATES, sampling=st.floats(0, 1), replicas=st.integers(1, 20), days=st.floats(0, 400), zones=st.integers(1, 4),
       spot=st.booleans(), **ANYWHERE)
def test_the_least_is_never_more_than_the_most(
    rps: float, sampling: float, replicas: int, days: float, zones: int, spot: bool, provider: str, backend: str,
) -> None:
    bill = billed(provider=provider, backend=backend, rps=rps, sampling=sampling, replicas=replicas, retention_days=days,
                  zones=zones, spot=spot)
    for line in bill.lines:
        assert line.cost is not None
        assert 0 <= line.cost.low <= line.cost.high
    assert bill.total.low == pytest.approx(sum(line.cost.low for line in bill.lines if line.cost))
    assert bill.per_million.low == pytest.approx(bill.total.low / (rps * MONTH_S / 1e6))


@pytest.mark.parametrize("backend", BACKENDS)
def test_more_replicas_and_a_longer_interval_move_metrics(backend: str) -> None:
    one, two, slow = (billed(provider="gke", backend=backend, **what) for what in (
        {}, {"replicas": 2}, {"metric_interval_s": 60.0},
    ))
    assert one.month
    assert two.month
    assert slow.month
    assert two.month.items == {**one.month.items, "metrics": pytest.approx(2 * one.month.items["metrics"])}
    assert slow.month.items == {**one.month.items, "metrics": pytest.approx(one.month.items["metrics"] / 60)}
    assert slow.month.series == one.month.series
