"""The process that makes the load: `python -m labctl.load.generator`, a plan on stdin, snapshots and a summary on stdout.

Subtle: it never waits for whoever reads. A snapshot that finds the pipe full is left out, since a screen that is slow must not
move the schedule. When its stdin ends, the one who asked is gone, and it stops.
"""

import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress

import uvloop

from labctl.load import messages
from labctl.load.address import Address
from labctl.load.engine import Engine
from labctl.load.export import SpanExporter
from labctl.load.figures import snapshot, summary
from labctl.load.spans import SpanEncoder
from labctl.load.summary import LoadPlan
from labctl.load.worker import Ended

_FRAME_S = 1 / 8
_SPANS_S = 10.0                         # how long the last spans may take to be acknowledged
_STOPPED_SPANS_S = 2.0                  # the same after an interruption, when somebody waits for the end


class Pipe:
    """Our stdout, without ever waiting for it until the end."""

    def __init__(self) -> None:
        os.set_blocking(1, False)
        self._rest = b""

    def ready(self) -> bool:
        """Whether the line before is written to its end."""
        self.write(b"")
        return not self._rest

    def write(self, line: bytes) -> None:
        self._rest += line
        with suppress(BlockingIOError, BrokenPipeError):
            while self._rest:
                self._rest = self._rest[os.write(1, self._rest):]

    def finish(self, line: bytes) -> None:
        os.set_blocking(1, True)
        self.write(line)


def main() -> None:
    """Do one run and end."""
    line = sys.stdin.buffer.readline()
    if not line:
        return
    plan, address = messages.read_order(line)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    uvloop.run(_generate(plan, address, Pipe()))


async def _generate(plan: LoadPlan, address: Address, pipe: Pipe) -> None:
    exporter = SpanExporter(plan.otlp) if plan.otlp else None
    engine = Engine(plan, address, _ended(plan, address, exporter) if exporter else None)
    _stop_when_told(engine, exporter)
    if exporter:
        exporter.start()
    frames = asyncio.get_running_loop().create_task(_report(engine, pipe))
    await engine.run()
    frames.cancel()
    if exporter:
        await exporter.finish(_SPANS_S)
    pipe.finish(messages.report(summary(engine, exporter.made if exporter else 0, exporter.acked if exporter else 0)))


def _ended(plan: LoadPlan, address: Address, exporter: SpanExporter) -> Ended:
    span, add = SpanEncoder(plan, address).span, exporter.add
    return lambda ids, due, sent, done, outcome: add(span(ids, due, sent, done, outcome))


def _stop_when_told(engine: Engine, exporter: SpanExporter | None) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        engine.stop()
        if exporter:
            loop.call_later(_STOPPED_SPANS_S, exporter.give_up)

    def read() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_reader(0, read)


async def _report(engine: Engine, pipe: Pipe) -> None:
    while True:
        await asyncio.sleep(_FRAME_S)
        if pipe.ready():
            pipe.write(messages.report(snapshot(engine)))


if __name__ == "__main__":
    main()
