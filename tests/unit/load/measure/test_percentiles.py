"""The percentiles as they are read."""

from dataclasses import replace
from typing import Any

from labctl.load.measure.percentiles import TOO_FEW, percentiles
from labctl.load.measure.summary import Distribution
from tests.unit.load.judge.test_run_advice import summary


def by_name(result: Any) -> Any:
    return {one.name: one for one in percentiles(result)}


def test_what_has_enough_samples_has_a_figure_and_how_sure_it_is() -> None:
    found = by_name(replace(summary(count=500), quantiles={"p99": (97.0, 99.5)}))

    assert list(found) == ["min", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"]
    assert (found["p99"].latency, found["p99"].service) == ("98.0 ms", "98.0 ms")
    assert found["p99"].interval.replace("\N{EN DASH}", "-") == "97.0-99.5 ms"
    assert found["min"].interval == ""


def test_what_has_too_few_has_none() -> None:
    few = by_name(summary(count=300))

    assert few["p99"].interval == few["p99.9"].interval == TOO_FEW
    assert "ms" not in few["p99"].latency + few["p99"].service
    assert few["p95"].latency == few["max"].latency == "98.0 ms"


def test_where_nothing_succeeded_there_is_nothing_to_be_sure_of() -> None:
    nothing = percentiles(replace(summary(), latency=Distribution(), service_time=Distribution()))

    assert {(one.latency, one.interval) for one in nothing} == {("\N{EN DASH}", "")}
