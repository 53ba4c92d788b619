"""Both alarms, on both loops."""

import asyncio
import functools
import sys
import time
from typing import Any

import pytest
import uvloop

from labctl.load.generator.pacing import KernelAlarm, LoopAlarm

KERNEL = pytest.param(KernelAlarm, marks=pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's"))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("kind", [KERNEL, LoopAlarm])
def test_it_rings_once_for_the_latest_time_that_it_was_set_to(kind: Any, run: Any) -> None:
    async def ringing() -> list[float]:
        rung, first = [], asyncio.Event()
        alarm = kind(asyncio.get_running_loop(), lambda: (rung.append(time.monotonic()), first.set()))
        alarm.set(time.monotonic() + 30)
        alarm.set(time.monotonic() - 1)
        await first.wait()
        first.clear()
        due = time.monotonic() + 0.02
        alarm.set(due)
        await first.wait()
        alarm.close()
        await asyncio.sleep(0)
        return [rung[1] - due, len(rung)]

    late, times = run(ringing())
    assert times == 2
    assert late > -0.001                                # a loop's clock stands still within one of its turns


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_it_does_not_ring_after_it_was_closed(run: Any) -> None:
    async def ringing() -> list[str]:
        rung: list[str] = []
        kinds: list[Any] = [LoopAlarm, *([KernelAlarm] if sys.platform == "linux" else [])]
        for kind in kinds:
            alarm = kind(asyncio.get_running_loop(), functools.partial(rung.append, kind.__name__))
            alarm.set(time.monotonic() + 0.005)
            alarm.close()
        await asyncio.sleep(0.02)
        return rung

    assert run(ringing()) == []
