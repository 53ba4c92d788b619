"""A load run on a terminal: the live board and the wait for the last spans on stderr, the result on stdout."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from labctl import numbers
from labctl.load.judge.capacity import Capacity, Trial
from labctl.load.ledger.await_spans import Progress
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.result import RunResult
from labctl.load.screen_protocol import Update
from labctl.ui.kit.console import err, out
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.terminal import wrapped

_NOTICED_S: Final = 0.5                 # a shorter wait is not worth a line
_AGAIN_S: Final = 5.0                   # between two lines of a wait where nothing can be drawn over


class TerminalScreen:
    def say(self, text: str) -> None:
        err().print(f"  {visible(text)}", markup=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        for line in wrapped(f"  ! {visible(text)}", sys.stderr):
            err().print(line, markup=False, soft_wrap=True)

    @contextmanager
    def board(self, plan: LoadPlan) -> Iterator[Update]:
        from labctl.ui.load.board import board
        from labctl.ui.telemetry.log_lines import brief

        with board(err(), plan) as view:
            def update(snapshot: Snapshot, tail: Sequence[str]) -> None:
                view.update(snapshot, tuple(map(brief, tail)))

            yield update

    @contextmanager
    def waiting(self) -> Iterator[Progress]:
        begun, said = time.monotonic(), 0.0
        status = err().status("") if err().is_terminal and not err().is_dumb_terminal else None

        def progress(there: int, expected: int) -> None:
            nonlocal said
            waited = time.monotonic() - begun
            if waited < _NOTICED_S or there >= expected:
                return
            text = f"waiting for the last spans: {numbers.count(there)} of {numbers.count(expected)}, {numbers.seconds(waited)}"
            if status:
                status.update(text)
                status.start()
            elif not said or waited - said > _AGAIN_S:
                said = waited
                err().print(f"  {text}", markup=False, soft_wrap=True)

        try:
            yield progress
        finally:
            if status:
                status.stop()

    def trial(self, trial: Trial) -> None:
        from labctl.ui.load import capacity

        err().print(capacity.line(trial))


def show(found: RunResult | Capacity) -> None:
    """The result, on stdout."""
    if isinstance(found, Capacity):
        from labctl.ui.load import capacity

        out().print(capacity.render(found))
        return
    from labctl.ui.load import summary, thresholds

    out().print(summary.render(found.summary, found.remarks, found.ledger.text() if found.ledger else ""))
    if found.verdicts:
        out().print("", thresholds.render(found.verdicts))
