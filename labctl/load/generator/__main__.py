"""The load generator's process: `python -m labctl.load.generator FD` reads its order on stdin and writes counts to descriptor FD.

It opens its connections, reports that it is ready, and is told when to begin. Subtle: it never waits for its reader. An update
that finds the pipe full is skipped, since a slow screen must not delay the schedule. When stdin closes, the parent process is
gone, and the generator stops.
"""

import asyncio
import gc
import os
import resource
import signal
import sys
from contextlib import suppress

import uvloop

from labctl.load.generator import messages
from labctl.load.generator.client_spans import SpanEncoder
from labctl.load.generator.engine import Engine
from labctl.load.generator.http1.failures import NEVER_SENT
from labctl.load.generator.span_exporter import ACK_PATIENCE_INTERRUPTED_S, ACK_PATIENCE_S, SpanExporter
from labctl.load.generator.usage_meter import UsageMeter
from labctl.load.measure.counts import Counts
from labctl.load.measure.outcomes import UNANSWERED, UNSENT, Outcomes
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.trace_ids import randomness

_FRAME_S = 1 / 8
_MANY_FILES = 10_240                    # macOS allows no more where it says "unlimited"


class Pipe:
    """The pipe that counts are written to; only `finish` blocks."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._rest = b""

    def ready(self) -> bool:
        """Whether the previous line was written completely."""
        self.write(b"")
        return not self._rest

    def write(self, line: bytes) -> None:
        self._rest += line
        with suppress(BlockingIOError, BrokenPipeError):
            while self._rest:
                self._rest = self._rest[os.write(self._descriptor, self._rest):]

    def finish(self, line: bytes) -> None:
        os.set_blocking(self._descriptor, True)
        self.write(line)


def main() -> None:
    """Do one run and end."""
    line = sys.stdin.buffer.readline()
    if not line:
        return
    plan, address, part = messages.read_order(line)
    _open_many_files()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    uvloop.run(_generate(plan, address, part, Pipe(int(sys.argv[1]))))


def _open_many_files() -> None:
    """Raise the soft limit of open files to the hard limit: a shell's default allows too few connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else _MANY_FILES
    with suppress(ValueError, OSError):                 # macOS has a lower limit that it does not report
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


async def _generate(plan: LoadPlan, address: Address, part: tuple[int, int], pipe: Pipe) -> None:
    spans, meter = ClientSpans(plan, address, part) if plan.otlp else None, UsageMeter()
    exporter = spans.exporter if spans else None
    engine = Engine(plan, address, spans.ended if spans else None, part)
    told: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    _listen(engine, exporter, told)
    if exporter:
        exporter.start()
    await engine.warm()
    pipe.write(messages.READY)
    start = await told
    meter.begin()
    if spans:
        spans.begin(start)
    frames = asyncio.get_running_loop().create_task(_report(engine, pipe))
    await engine.run(start)
    frames.cancel()
    counts = engine.counts()
    meter.measure(counts.own)
    if spans:
        await spans.finish(counts)
    pipe.finish(messages.counts(counts))


class ClientSpans:
    """Sends a client span of each request to the collector, and records for the ledger whether it was acknowledged."""

    def __init__(self, plan: LoadPlan, address: Address, part: tuple[int, int]) -> None:
        self._first, self._of = part
        self._encoder, self._start, self._sampled_from = SpanEncoder(plan, address), 0.0, plan.sampled_from
        self._outcomes = Outcomes()
        self.exporter = SpanExporter(plan.otlp or "", self._outcomes.acknowledge)

    def begin(self, start: float) -> None:
        self._encoder.start = self._start = start

    def ended(self, index: int, due: float, sent: float, done: float, outcome: int | str) -> None:
        turn = (index - 1 - self._first) // self._of
        status = outcome if isinstance(outcome, int) else UNSENT if outcome in NEVER_SENT else UNANSWERED
        self._outcomes.record(turn, status, sent - self._start)
        if not self._sampled_from or randomness(index) >= self._sampled_from:
            self.exporter.add(turn, self._encoder.span(index, due, sent, done, outcome))

    async def finish(self, counts: Counts) -> None:
        await self.exporter.finish(ACK_PATIENCE_S)
        if self.exporter.lost_at is not None:
            self._outcomes.collector_lost_s = self.exporter.lost_at - self._start
        counts.spans_made, counts.spans_acked, counts.outcomes = self.exporter.made, self.exporter.acked, [self._outcomes]


def _listen(engine: Engine, exporter: SpanExporter | None, told: "asyncio.Future[float]") -> None:
    """Read from stdin when to begin; stop on a signal, or when stdin closes."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        engine.stop()
        begin(0.0)
        if exporter:
            loop.call_later(ACK_PATIENCE_INTERRUPTED_S, exporter.give_up)

    def begin(start: float) -> None:
        if not told.done():
            told.set_result(start)

    def read() -> None:
        line = os.read(0, 4096)
        if line:
            begin(messages.read_start(line))
        else:
            loop.remove_reader(0)
            stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_reader(0, read)


async def _report(engine: Engine, pipe: Pipe) -> None:
    while True:
        await asyncio.sleep(_FRAME_S)
        if pipe.ready():
            pipe.write(messages.counts(engine.recorder.sketch(engine.sent)))


if __name__ == "__main__":
    main()
