"""Sends each hit when it is due, on one loop: workers with a connection each, a schedule, and an alarm for the next hit.

Subtle: nobody queues hits. The schedule is a cursor, and a hit that finds no worker free stays due until one is; its latency
counts from then, so a server that stalls is charged for everybody who would have come meanwhile.
"""

import asyncio
import time
from collections import deque

from labctl.load import pacing
from labctl.load.address import Address
from labctl.load.recorder import Recorder
from labctl.load.schedule import Schedule, hits, schedule
from labctl.load.summary import LoadPlan
from labctl.load.wire import requests
from labctl.load.worker import Ended, Run, Worker

_LEAD_S = 0.002                         # between the last preparation and the first due time
_WARM_S = 2.0
_AT_ONCE = 64                           # connections opened side by side, so that the server's backlog holds them
_RETRY_S = 0.05                         # in a closed loop, which would otherwise spin while nobody listens
_SWEEPS = 20                            # in a timeout, so that it is kept to 5 %
_SWEEP_S = (0.005, 0.25)


class Engine:
    """One run; to be made and used on the loop that it runs on."""

    def __init__(self, plan: LoadPlan, address: Address, ended: Ended | None = None) -> None:
        self.plan = plan
        self.recorder = Recorder()
        self.interrupted = False
        self.start = time.monotonic()   # when the first hit is due
        self.queued = 0                 # hits that were due while every worker was busy
        retry_s = _RETRY_S if plan.rps is None else 0.0
        self._run = Run(address, requests(plan, address), self.recorder, ended, plan.timeout_s, retry_s)
        self._schedule: Schedule = schedule(plan, self.start)
        self._workers = [Worker(self._run, self._free) for _ in range(plan.concurrency)]
        self._idle: deque[Worker] = deque()
        self._over = asyncio.Event()

    @property
    def sent(self) -> int:
        return self._run.sent

    async def run(self) -> None:
        """Until every hit was answered or has failed, or `stop` was called."""
        await self._warm()
        loop = asyncio.get_running_loop()
        self._alarm = pacing.alarm(loop, self._due)
        self._sweep()
        if not self.interrupted:
            self._begin()
            await self._over.wait()
        self._alarm.close()
        self._sweeper.cancel()
        for worker in self._workers:
            worker.abandon()

    def stop(self) -> None:
        """Send nothing more and wait for nothing."""
        self.interrupted = not self._over.is_set()
        self._schedule.close()
        self._over.set()

    async def _warm(self) -> None:
        planned = hits(self.plan)
        needed = self._workers[:planned] if planned is not None else self._workers
        deadline = time.monotonic() + _WARM_S
        for first in range(0, len(needed), _AT_ONCE):
            tasks = [asyncio.ensure_future(worker.warm()) for worker in needed[first:first + _AT_ONCE]]
            _, late = await asyncio.wait(tasks, timeout=max(deadline - time.monotonic(), 0))
            for task in late:
                task.cancel()

    def _begin(self) -> None:
        self.start = time.monotonic() + _LEAD_S
        self._schedule = schedule(self.plan, self.start)
        self._idle.extend(self._workers)
        self._alarm.set(self.start)

    def _due(self) -> None:
        """The alarm rang: hand out what is due to whoever is free."""
        now = time.monotonic()
        idle = self._idle
        for _ in range(len(idle)):
            due = self._schedule.take(now)
            if due is None:
                break
            idle.popleft().begin(due)
        self._rest()

    def _free(self, worker: Worker, now: float) -> None:
        due = self._schedule.take(now)
        if due is not None:
            if due < now:
                self.queued += 1
            worker.begin(due)
        else:
            self._idle.append(worker)
            self._rest()

    def _rest(self) -> None:
        """Somebody may be idle: wait for the next hit, or end when there is none and all are back."""
        upcoming = self._schedule.upcoming()
        if upcoming is None and len(self._idle) == len(self._workers):
            self._over.set()
        elif upcoming is not None and self._idle:
            self._alarm.set(upcoming)

    def _sweep(self) -> None:
        """A timeout that needs no timer per request."""
        now = time.monotonic()
        for worker in self._workers:
            worker.expire(now)
        low, high = _SWEEP_S
        period = min(max(self.plan.timeout_s / _SWEEPS, low), high)
        self._sweeper = asyncio.get_running_loop().call_later(period, self._sweep)
