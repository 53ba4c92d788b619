"""Runs of the engine inside the test's process."""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import uvloop

from labctl.load.generator.engine import Engine
from labctl.load.measure.figures import summary
from labctl.load.measure.summary import Summary
from labctl.load.plan.address import parse
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.server.reach import reach

RUN = "00112233445566aa"


def load(url: str, ended: Callable[..., None] | None = None, **changes: Any) -> Summary:
    """Do a run and check what holds for every one: that the counts add up."""
    plan = LoadPlan(url, run_id=RUN, **{"concurrency": 3, "requests": 20, "timeout_s": 5.0, **changes})

    async def run() -> Summary:
        engine = Engine(plan, reach(plan), ended)
        await engine.run()
        return summary(plan, engine.start, engine.counts())

    return adds_up(uvloop.run(run()))


def load_nobody(**changes: Any) -> Summary:
    """The same against a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    plan = LoadPlan(url, run_id=RUN, **{"concurrency": 3, "requests": 20, **changes})

    async def run() -> Summary:
        engine = Engine(plan, replace(parse(url), ip="127.0.0.1"))
        await engine.run()
        return summary(plan, engine.start, engine.counts())

    return adds_up(uvloop.run(run()))


def adds_up(result: Summary) -> Summary:
    assert result.planned == result.sent + result.dropped
    assert result.sent == result.successful + result.failed + result.unfinished
    assert result.failed == sum(result.errors.values())
    assert result.latency.count == result.service_time.count == sum(bucket.count for bucket in result.histogram)
    assert result.successful - result.warmup <= result.latency.count <= result.successful
    assert result.timeline
    slices = result.timeline.slices
    assert sum(one.sent for one in slices) == result.sent - result.warmup
    assert sum(one.successful for one in slices) == sum(sum(one.counts.values()) for one in slices) == result.latency.count
    assert sum(one.answered for one in slices) <= sum(result.statuses.values())
    assert result.warmup or sum(one.answered for one in slices) == sum(result.statuses.values())
    assert all(one.planned >= one.sent >= one.successful + one.failed for one in slices)
    return result
