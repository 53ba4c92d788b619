"""CPU and memory of each component, from the process table. The local target has no limits, so nothing is throttled."""

import time
from collections.abc import Iterator

import psutil

from labctl.components import BY_NAME
from labctl.host import daemons
from labctl.host.daemons import Running
from labctl.model import Usage

FIRST_S = 0.25                          # how long the first sample takes: CPU is the difference between two readings


def samples(lab: str) -> Iterator[list[Usage]]:
    """CPU since the previous sample; the first sample waits for a moment to have one."""
    before, at = _cpu(daemons.running(lab)), time.monotonic()
    time.sleep(FIRST_S)
    while True:
        there = daemons.running(lab)
        cpu, now = _cpu(there), time.monotonic()
        yield [_usage(one, cpu, before, now - at) for one in there if one.component in BY_NAME]
        before, at = cpu, now


def over(there: list[Running], seconds: float) -> dict[str, Usage]:
    """By component, over the next `seconds`, which this waits for."""
    before, at = _cpu(there), time.monotonic()
    time.sleep(seconds)
    cpu, now = _cpu(there), time.monotonic()
    return {one.component: _usage(one, cpu, before, now - at) for one in there if one.component in BY_NAME}


def _cpu(there: list[Running]) -> dict[int, float]:
    """CPU seconds by process id."""
    found = {}
    for one in there:
        try:
            times = one.process.cpu_times()
        except psutil.Error:
            continue                    # it has just exited
        found[one.pid] = times.user + times.system
    return found


def _usage(one: Running, cpu: dict[int, float], before: dict[int, float], seconds: float) -> Usage:
    cores = (cpu[one.pid] - before[one.pid]) / seconds if one.pid in cpu and one.pid in before and seconds > 0 else None
    try:
        memory = int(one.process.memory_info().rss)
    except psutil.Error:
        memory = None
    return Usage(one.component, cores, None, memory, None, None)
