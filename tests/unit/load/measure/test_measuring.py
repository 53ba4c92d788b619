"""What a run's figures are made of: warm-up, timeline, several processes, the generator's own."""

from typing import Any

import pytest

from labctl.load.generator import session
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.trace_ids import trace_ids
from tests.unit.load.running import RUN, adds_up, load
from tests.unit.load.servers import GOOD, Client, each, serving


def slow_at_first(first: int) -> Any:
    """A server whose first answers take half a second each."""
    answers = iter(range(first))

    def handle(client: Client) -> None:
        while client.request() is not None:
            if next(answers, None) is not None:
                client.stop.wait(0.5)
            client.send(GOOD)
    return handle


@pytest.mark.parametrize("plan", [{"rps": 100.0, "requests": 40}, {"requests": None, "duration_s": 0.8}], ids=["open", "closed"])
def test_the_warm_up_is_in_no_figure_of_time(plan: Any) -> None:
    with serving(slow_at_first(3)) as url:
        result = load(url, warmup_s=0.2, slices_s=0.05, **plan)
    assert result.warmup > 0
    assert result.latency.count == result.successful - result.warmup
    assert result.latency.max < 500
    assert result.timeline.slices[0].start_s == 0.2


def test_failures_in_the_warm_up_are_counted_and_not_timed() -> None:
    with serving(each(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")) as url:
        result = load(url, warmup_s=0.1, rps=100.0, requests=20, slices_s=0.05)
    assert result.failed == 20
    assert result.warmup == result.warmup_failed == 10
    assert result.measured == (10, 10)
    assert result.timeline
    assert sum(one.failed for one in result.timeline.slices) == 10
    answered = sum(one.answered for one in result.timeline.slices)      # by when it came: on a busy machine some more than 10
    assert result.rate == pytest.approx(answered / (max(result.duration_s, 0.2) - 0.1))


def test_what_is_no_answer_is_not_in_the_rate() -> None:
    with serving(each(b"what?\r\n\r\n")) as url:
        assert load(url, warmup_s=0.1, rps=100.0, requests=20, slices_s=0.05).rate == 0


def test_the_timeline_has_what_became_of_the_hits_that_were_due_then() -> None:
    def handle(client: Client) -> None:
        while client.request() is not None:
            if not stalled:
                stalled.append(True)
                client.stop.wait(0.25)
            client.send(GOOD)

    stalled: list[bool] = []
    with serving(handle) as url:
        result = load(url, concurrency=1, rps=100.0, requests=50, slices_s=0.1)
    slices = result.timeline.slices
    assert [one.planned for one in slices[:5]] == [10] * 5
    assert slices[0].answered == slices[1].answered == 0
    assert slices[2].answered > 10
    assert sum(one.answered for one in slices) == 50
    assert slices[0].p50_ms > slices[1].p50_ms > slices[4].p50_ms
    assert slices[0].p99_ms == pytest.approx(250, rel=0.5)
    assert sum(sum(one.counts.values()) for one in slices) == 50
    low, high = (result.timeline.edges_ms[place] for place in (0, -1))
    assert low <= result.latency.min < result.latency.max < high


def test_what_was_due_and_never_sent_is_planned_in_its_slice() -> None:
    def handle(client: Client) -> None:
        while client.request() is not None:
            client.stop.wait(10)

    with serving(handle) as url:
        result = load(url, concurrency=1, rps=100.0, requests=None, duration_s=0.3, timeout_s=3.0, slices_s=0.1)
    assert (result.sent, result.dropped) == (1, 29)
    assert [one.planned for one in result.timeline.slices] == [10, 10, 10]
    assert [one.sent for one in result.timeline.slices] == [1, 0, 0]


@pytest.mark.parametrize("plan", [
    {"rps": 300.0, "requests": 99}, {"requests": 99}, {"requests": None, "duration_s": 0.3},
    {"rps": 300.0, "requests": 99, "processes": 8, "concurrency": 2},
], ids=["open", "closed", "by time", "more processes than workers"])
def test_several_processes_are_one_run(plan: Any) -> None:
    seen = set()

    def handle(client: Client) -> None:
        while (head := client.request()) is not None:
            seen.add(head.partition(b"traceparent: 00-")[2][:32].decode())
            client.send(GOOD)

    with serving(handle) as url:
        plan_ = LoadPlan(url, run_id=RUN, **{"processes": 3, "concurrency": 4, **plan})
        result = adds_up(session.run(plan_, lambda _: None))
    assert len(result.sent_by) == min(plan_.processes, plan_.concurrency)
    assert result.successful == result.planned == sum(result.sent_by)
    assert seen == set(trace_ids(RUN, result.sent_by))


def test_a_generator_says_what_it_took() -> None:
    with serving(each(GOOD)) as url:
        own = session.run(LoadPlan(url, run_id=RUN, rps=200.0, requests=60), lambda _: None).generator
    assert 0 < own.cpu_share < 1
    assert 0 <= own.late_p50_ms <= own.late_p99_ms <= own.late_max_ms
    assert 1 << 20 < own.peak_rss < 1 << 30
