"""One run as its caller sees it: start the generators, pass their counts on, return the summary.

Ctrl-C stops the load and still gives the summary of what ran; a second one ends the generators at once.
"""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread

from labctl.errors import LabError
from labctl.host.commands import spawn_piped
from labctl.load.generator import messages
from labctl.load.measure import figures
from labctl.load.measure.counts import Counts, merged
from labctl.load.measure.summary import Snapshot, Summary
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.server.reach import reach
from labctl.load.statistics.histogram import COARSE, Histogram

__all__ = ["StopEarly", "run"]

_ARGV = [sys.executable, "-P", "-m", "labctl.load.generator"]
_STOP_S = 5.0                           # longer than a generator itself takes to stop
_LEAD_S = 0.005                         # from telling the generators when to begin to the first due time

_READY, _COUNTED, _ENDED = "ready", "counted", "ended"


class StopEarly(Exception):
    """Raised by `on_snapshot` to stop the run early; its summary is then one of an interrupted run."""


def run(plan: LoadPlan, on_snapshot: Callable[[Snapshot], None]) -> Summary:
    """Do the run; `on_snapshot` is called about eight times a second, on this thread.

    Raises LabError when nothing listens or a generator fails, UsageError for a URL that cannot be loaded.
    """
    address = reach(plan)
    with ExitStack() as stack:
        session = _Session(plan, address, stack)
        try:
            session.follow(on_snapshot)
        except (KeyboardInterrupt, StopEarly):
            session.stop()
            if not session.begun:
                raise
            return replace(session.summary(), interrupted=True)
        return session.summary()


class _Session:
    """The generators of a run, and the latest counts of each."""

    def __init__(self, plan: LoadPlan, address: Address, stack: ExitStack) -> None:
        self._plan = plan
        self._news: SimpleQueue[_News] = SimpleQueue()
        of = min(plan.processes, plan.concurrency)
        orders = [messages.order(plan, address, (number, of)) for number in range(of)]
        self._generators = [
            stack.enter_context(closing(_Generator(order, self._news.put))) for order in orders
        ]
        self._start = time.monotonic()
        self.begun = False

    def follow(self, on_snapshot: Callable[[Snapshot], None]) -> None:
        """Start the load when all generators are ready, and follow it until all have ended."""
        ready, running = 0, list(self._generators)
        while running:
            one, what = self._news.get()
            if what == _READY:
                ready += 1
                if ready == len(self._generators):
                    self._begin()
            elif what == _COUNTED:
                if one is running[0]:
                    on_snapshot(figures.snapshot(self._plan, self._start, self._merged()))
            elif one.counts is None:
                return
            else:
                running.remove(one)

    def stop(self) -> None:
        """Tell the generators to stop, and wait for that up to five seconds."""
        for one in self._generators:
            one.stop()
        deadline = time.monotonic() + _STOP_S
        for one in self._generators:
            one.join(deadline - time.monotonic())

    def summary(self) -> Summary:
        for one in self._generators:
            one.check()
        return figures.summary(self._plan, self._start, self._merged())

    def _begin(self) -> None:
        self._start, self.begun = time.monotonic() + _LEAD_S, True
        for one in self._generators:
            one.begin(self._start)

    def _merged(self) -> Counts:
        return merged(one.counts for one in self._generators if one.counts)


class _Generator:
    """A generator process, and a thread that reads its output, so that Ctrl-C never loses a line."""

    def __init__(self, order: bytes, tell: Callable[["_News"], None]) -> None:
        self._process = spawn_piped(_ARGV, env=None)
        self._tell = tell
        self.counts: Counts | None = None
        self._talking = True                            # its pipe is open
        self._latency = Histogram(COARSE)
        self._reader = Thread(target=self._read, name="load generator", daemon=True)
        self._reader.start()
        self._write(order)

    def begin(self, start: float) -> None:
        self._write(messages.start(start))

    def stop(self) -> None:
        self._process.terminate()

    def join(self, patience_s: float) -> None:
        self._reader.join(max(patience_s, 0.0))

    def check(self) -> None:
        """Raises LabError when its final counts did not arrive."""
        if self.counts is None or self.counts.slices is None:
            code = self._process.poll() if self._talking else self._process.wait()     # its pipe is closed: it has ended
            detail = "it hangs" if code is None else f"killed by signal {-code}" if code < 0 else f"exit code {code}"
            raise LabError("the load generator gave no summary", detail=detail, advice="try again with fewer workers (-c)")

    def close(self) -> None:
        """Kill the process unless it has ended, and release its pipes."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(BrokenPipeError):             # unread input of a process that is gone
                pipe.close()

    def _write(self, line: bytes) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):                 # it has died, which `check` reports
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout
        with suppress(ValueError):                      # it was killed in the middle of a line
            for line in self._process.stdout:
                if line == messages.READY:
                    self._tell((self, _READY))
                else:
                    self.counts = self._whole(messages.read_counts(line))
                    self._tell((self, _COUNTED))
        self._talking = False
        self._tell((self, _ENDED))

    def _whole(self, counts: Counts) -> Counts:
        """The counts with the latency of all requests; a generator's update during the run has only the latest ones."""
        if counts.slices is None:
            self._latency.merge(counts.latency)
            counts.latency = Histogram(COARSE)                 # its own, since this is not the thread that looks at it
            counts.latency.merge(self._latency)
        return counts


_News = tuple[_Generator, str]
