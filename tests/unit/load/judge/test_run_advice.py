"""What the figures say about the run."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.load.judge.run_advice import advice, gap, own, remarks, unsent, workers_needed
from labctl.load.measure.summary import Distribution, Generator, Summary


def summary(
    rate: Any = None, latency: float = 98.0, service: float = 98.0, concurrency: int = 10, count: int = 500, queued: int = 0,
) -> Summary:
    def all_at(ms: float) -> Distribution:
        return Distribution(count, ms, ms, ms, ms, ms, ms, ms, ms)

    return Summary("0" * 16, "http://127.0.0.1/", concurrency, 500, 500, count, 500 - count, 0, 0, {}, {}, 10.0, 50.0, rate,
                   all_at(latency), all_at(service), (), (), interrupted=False, queued=queued)


@pytest.mark.parametrize(("rps", "service_ms", "workers"), [
    (500, 98, 49),                          # 500/s * 0.098 s
    (500, 98.1, 50),
    (100, 100, 10),                         # exactly enough
    (1, 1, 1),
])
def test_littles_law(rps: int, service_ms: float, workers: int) -> None:
    assert workers_needed(rps, service_ms) == workers


def test_too_few_workers_are_named_with_the_number_that_would_do() -> None:
    assert advice(summary(rate=500.0)) == "500/s at 98 ms needs 49 workers; you gave 10"


@pytest.mark.parametrize("fine", [summary(), summary(rate=100.0), summary(rate=500.0, concurrency=49),
                                  summary(rate=500.0, count=0)])
def test_no_advice_where_none_is_needed(fine: Any) -> None:
    assert advice(fine) is None


@pytest.mark.parametrize(("queued", "concurrency", "cause"), [
    (1200, 10, "1 200 requests had to wait because all 10 workers were busy"),
    (1, 1, "1 request had to wait because the only worker was busy"),
    (0, 10, "the generator itself was late, for lack of CPU"),
])
def test_the_gap_between_latency_and_service_time_is_explained(queued: int, concurrency: int, cause: str) -> None:
    assert gap(summary(latency=960.0, service=9.7, concurrency=concurrency, queued=queued)) == (
        "Latency (p50 960 ms) counts from when a request was due, service time (9.7 ms) from when it was sent: "
        f"{cause}."
    )


@pytest.mark.parametrize("latency", [98.0, 98.9, 105.0])
def test_a_small_gap_is_not_worth_a_sentence(latency: float) -> None:
    assert gap(summary(latency=latency)) is None


def test_what_was_never_sent_is_never_silent() -> None:
    late = replace(summary(), dropped=12)

    assert "12 planned requests were never sent: all workers were busy until the end" in str(unsent(late))
    assert str(unsent(replace(late, dropped=1))).startswith("1 planned request was")
    assert unsent(replace(late, interrupted=True)) is None          # whoever stopped it knows


@pytest.mark.parametrize(("share", "late_ms", "said"), [
    (0.3, 0.2, None), (0.95, 0.2, "it kept 95 % of a core busy"), (0.3, 30.0, "sent 30.0 ms late or more"),
    (0.95, 30.0, "busy and 1 % of the requests were sent"), (0.3, 5.0, None),       # 5 ms are little beside 98
])
def test_the_generators_own_limit_is_named(share: float, late_ms: float, said: str | None) -> None:
    found = own(replace(summary(), generator=Generator(1.0, share, 0.0, late_ms, late_ms, 0.0, 1)))

    assert found is None if said is None else said in str(found)


def test_a_run_without_trouble_has_no_remarks() -> None:
    assert remarks(replace(summary(), generator=Generator(1.0, 0.1, 0.0, 0.1, 0.2, 0.0, 1))) == []
