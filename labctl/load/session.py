"""One run as its caller sees it: start the generator, pass its snapshots on, return its summary.

Ctrl-C stops the load and still gives the summary of what ran; a second one ends the generator at once.
"""

import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread

from labctl.errors import LabError
from labctl.host.commands import spawn_piped
from labctl.load import messages
from labctl.load.address import reach
from labctl.load.summary import LoadPlan, Snapshot, Summary

__all__ = ["Enough", "reach", "run"]

_ARGV = [sys.executable, "-P", "-m", "labctl.load.generator"]
_STOP_S = 5.0                           # the generator's own patience after an interruption is less


class Enough(Exception):
    """Raised by `on_snapshot` to stop the run early; its summary is then one of an interrupted run."""


def run(plan: LoadPlan, on_snapshot: Callable[[Snapshot], None]) -> Summary:
    """Do the run; `on_snapshot` is called about eight times a second, on this thread.

    Raises LabError when nothing listens or the generator fails, UsageError for a URL that cannot be loaded.
    """
    with closing(_Generator(messages.order(plan, reach(plan.url)))) as generator:
        try:
            generator.follow(on_snapshot)
        except (KeyboardInterrupt, Enough):
            generator.stop()
            return replace(generator.summary(), interrupted=True)
        return generator.summary()


class _Generator:
    """The process, and a thread that reads what it says, so that Ctrl-C never loses a line."""

    def __init__(self, order: bytes) -> None:
        self._process = spawn_piped(_ARGV, env=None)
        self._summary: Summary | None = None
        self._snapshots: SimpleQueue[Snapshot | None] = SimpleQueue()
        self._reader = Thread(target=self._read, name="load generator", daemon=True)
        self._reader.start()
        assert self._process.stdin
        self._process.stdin.write(order)
        self._process.stdin.flush()

    def follow(self, on_snapshot: Callable[[Snapshot], None]) -> None:
        while (snapshot := self._snapshots.get()) is not None:
            on_snapshot(snapshot)

    def stop(self) -> None:
        """Ask for the end and wait until it has come, or for five seconds."""
        self._process.terminate()
        self._reader.join(_STOP_S)

    def summary(self) -> Summary:
        if self._summary is None:
            code = self._process.poll()
            raise LabError("the load generator gave no summary", detail=f"exit code {code}" if code is not None else "it hangs")
        return self._summary

    def close(self) -> None:
        """Nothing of it is left behind; at once, unless it has ended by itself."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            value = messages.read_report(line)
            if isinstance(value, Summary):
                self._summary = value
            else:
                self._snapshots.put(value)
        self._snapshots.put(None)
