"""Sends each request when it is due, on one loop: workers with a connection each, a schedule, and an alarm for the next request.

Subtle: nobody queues requests. The schedule is a cursor, and a request that finds no worker free stays due until one is; its
latency counts from its due time, so a stall of the server shows in every request that was due during it.
"""

import asyncio
import time
from collections import deque

from labctl.load.generator import pacing
from labctl.load.generator.http1.closed_loop_reader import closed_loop_reader
from labctl.load.generator.http1.known_heads import KnownHeads
from labctl.load.generator.http1.request_head import Requests
from labctl.load.generator.worker import OnEnd, Run, Worker
from labctl.load.measure.counts import Counts
from labctl.load.measure.recorder import Recorder
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LAST_USED, LoadPlan
from labctl.load.plan.schedule import ClosedLoop, Schedule, schedule
from labctl.load.server.reach import client_tls

_LEAD_S = 0.002                         # between the last preparation and the first due time
_WARM_S = 2.0
_AT_ONCE = 64                           # connections opened concurrently: few enough for the server's listen backlog
_RECONNECT_PAUSE_S = 0.05               # in a closed loop, which would otherwise spin while nothing listens
_SWEEPS = 20                            # in a timeout, so that it is kept to 5 %
_SWEEP_S = (0.005, 0.25)


class Engine:
    """One run, or part `(k, n)` of it; create and use it on the event loop that it runs on."""

    def __init__(self, plan: LoadPlan, address: Address, ended: OnEnd | None = None, part: tuple[int, int] = (0, 1)) -> None:
        self.plan = plan
        self.recorder = Recorder(plan)
        self.interrupted = False
        self.start = time.monotonic()   # when the first request is due
        self.queued = 0                 # requests that were due while every worker was busy
        self._first, of = self._part = part
        reconnect_pause_s = _RECONNECT_PAUSE_S if plan.rps is None else 0.0
        tls = client_tls(plan).context() if address.secure else None
        requests = Requests(plan, address)
        request = requests.every(self._first + 1, of).__next__
        self._run = Run(
            address, requests, request, self.recorder, ended, plan.timeout_s, reconnect_pause_s, self._first + 1 - of, of, tls,
            ClosedLoop(0, 0.0), plain=plan.rps is None and len(plan.pool) <= 1 and ended is None and not tls,
            heads=KnownHeads(self.recorder.always),
        )
        self._schedule: Schedule = schedule(plan, self.start, part)
        self._workers = [Worker(self._run, self._free) for _ in range(len(range(self._first, plan.concurrency, of)))]
        if self._run.plain:
            self._run.reader = closed_loop_reader(self._run, len(self._workers))
        self._idle: deque[Worker] = deque()
        self._next_idle = self._idle.pop if plan.connections == LAST_USED else self._idle.popleft
        self._over = asyncio.Event()
        self._opened = False

    @property
    def sent(self) -> int:
        return (self._run.index - self._first - 1) // self._run.step + 1

    async def run(self, start: float | None = None) -> None:
        """Run until every request was answered or has failed, or `stop` was called. `start` is when the first request is due."""
        await self.warm()
        loop = asyncio.get_running_loop()
        self._alarm = pacing.alarm(loop, self._due)
        self._sweep()
        if not self.interrupted:
            self._begin(start or time.monotonic() + _LEAD_S)
            await self._over.wait()
            for due in self._schedule.missed(time.monotonic()):
                self.recorder.dropped(due)
        self._alarm.close()
        self._sweeper.cancel()
        for worker in self._workers:
            worker.abandon()
        if self._run.reader is not None:
            self._run.reader.close()

    def counts(self) -> Counts:
        counts = self.recorder.counts(self.sent)
        counts.queued, counts.interrupted, counts.response_bytes = self.queued, self.interrupted, self._run.heads.longest
        return counts

    def stop(self) -> None:
        """Send nothing more and wait for nothing."""
        self.interrupted = not self._over.is_set()
        self._schedule.close()
        self._over.set()

    async def warm(self) -> None:
        """Open the connections, once."""
        if self._opened:
            return
        self._opened = True
        needed = self._workers[:self.plan.planned]
        deadline = time.monotonic() + _WARM_S
        for first in range(0, len(needed), _AT_ONCE):
            tasks = [asyncio.ensure_future(worker.warm()) for worker in needed[first:first + _AT_ONCE]]
            _, late = await asyncio.wait(tasks, timeout=max(deadline - time.monotonic(), 0))
            for task in late:
                task.cancel()

    def _begin(self, start: float) -> None:
        self.start = start
        self.recorder.begin(start)
        self._schedule = schedule(self.plan, start, self._part)
        if isinstance(self._schedule, ClosedLoop):
            self._run.closed = self._schedule
        self._idle.extend(self._workers)
        self._alarm.set(start)

    def _due(self) -> None:
        """The alarm rang: give the due requests to idle workers."""
        idle, late = self._idle, self.recorder.started_late
        for _ in range(len(idle)):
            now = time.monotonic()
            due = self._schedule.take(now)
            if due is None:
                break
            late(due, now)
            self._next_idle().begin(due, now)
        self._rest()

    def _free(self, worker: Worker, now: float) -> None:
        due = self._schedule.take(now)
        if due is not None:
            if self._idle:                              # the alarm for it has not been heard yet
                self.recorder.started_late(due, now)
            elif due < now:
                self.queued += 1
            worker.begin(due, now)
        else:
            self._idle.append(worker)
            self._rest()

    def _rest(self) -> None:
        """A worker may be idle: wait for the next due time, or end the run when no request is left and all workers are idle."""
        upcoming = self._schedule.upcoming()
        if upcoming is None and len(self._idle) == len(self._workers):
            self._over.set()
        elif upcoming is not None and self._idle:
            self._alarm.set(upcoming)

    def _sweep(self) -> None:
        """Expire requests that took longer than the timeout, without a timer for each."""
        now = time.monotonic()
        for worker in self._workers:
            worker.expire(now)
        low, high = _SWEEP_S
        period = min(max(self.plan.timeout_s / _SWEEPS, low), high)
        self._sweeper = asyncio.get_running_loop().call_later(period, self._sweep)
