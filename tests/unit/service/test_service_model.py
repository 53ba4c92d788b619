"""The model sums, takes about as long as it was told, and a slow step is slow in its share of requests."""

import asyncio
import time
from typing import Any

import pytest

from service.model import FailingSpan, Model, SlowSpan, burn


@pytest.mark.parametrize(("rows", "expected"), [([[0.5, 1.5, 2.0]], [4.0]), ([[1.0], [-1.0, 0.5]], [1.0, -0.5])])
def test_a_prediction_is_the_sum_of_a_row(rows: list[list[float]], expected: list[float]) -> None:
    assert asyncio.run(Model(latency_ms=0).predict(rows)) == expected


@pytest.mark.parametrize("work", ["sleep", "cpu"])
def test_it_takes_at_least_the_latency_it_was_told(work: Any) -> None:
    started = time.perf_counter()
    asyncio.run(Model(20, 0, work).predict([[1.0]]))
    assert time.perf_counter() - started >= 0.019


def test_cpu_work_uses_the_processor_and_leaves_the_loop_free() -> None:
    async def both() -> int:
        task = asyncio.create_task(Model(50, 0, "cpu").predict([[1.0]]))
        ticks = 0
        while not task.done():
            await asyncio.sleep(0)
            ticks += 1
        return ticks

    assert asyncio.run(both()) > 1


def test_burning_is_measured_on_the_processor() -> None:
    before = time.thread_time()
    burn(0.01)
    assert time.thread_time() - before >= 0.01


def test_a_slow_step_is_slow_in_its_share_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("service.model.asyncio.sleep", wait)
    slow = SlowSpan("format_response", 0.25, 0.4)

    async def many() -> None:
        for _ in range(2000):
            await slow.delay("format_response")
            await slow.delay("validate_input")

    asyncio.run(many())
    assert set(waits) == {0.4}
    assert 350 < len(waits) < 650    # 500 is meant; seven standard deviations on either side


def test_a_failing_step_fails_in_its_share_of_requests() -> None:
    failing = FailingSpan("model_inference", 0.25)
    assert 350 < sum(failing.fails("model_inference") for _ in range(2000)) < 650
    assert not any(failing.fails("format_response") for _ in range(100))
