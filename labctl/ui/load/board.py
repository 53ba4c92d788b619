"""A load run while it runs: a live board on a terminal, one plain line per second elsewhere.

Drawing costs milliseconds, so it happens in another process than the measuring one and at low priority; `update` may be called at
any rate and draws at most eight times a second.
"""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread, get_native_id
from typing import Protocol, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from labctl import numbers
from labctl.load.measure import percentiles
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan
from labctl.redaction import redacted_url
from labctl.ui.kit.safe_text import visible
from labctl.ui.load.gauges import View
from labctl.ui.load.progress import RecentRate, done, planned_rate

_FRAME_S = 1 / 8
_EARLY = 0.8                            # a snapshot may come a little early, and is not left out for that
_NICE = 10                              # of setpriority(2): a tenth of the usual share of a core that others want too


class LoadView(Protocol):
    """What both boards can do; as a context manager it starts and stops by itself."""

    def start(self) -> None: ...
    def update(self, snapshot: Snapshot, tail: Sequence[str] = ()) -> None:
        """Show the run as it is now, and the last lines of the log that runs beside it, the newest last."""
    def stop(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


def board(console: Console, plan: LoadPlan) -> LoadView:
    """The board that suits where `console` (stderr's) writes to."""
    if console.is_terminal and not console.is_dumb_terminal:
        return BackgroundBoard(Board(console, plan))
    return PlainBoard(console, plan)


def render(snapshot: Snapshot, plan: LoadPlan, tail: Sequence[str], recent_rate: float | None = None) -> RenderableType:
    """Progress, rate, percentiles, failures, histogram and log lines: as much of it as the terminal has room for.

    `recent_rate` is the rate of the last seconds, where it is known.
    """
    return View(snapshot, plan, tail, recent_rate)


class Board:
    """Redraws in place and leaves nothing behind, so that the summary takes its place."""

    def __init__(self, console: Console, plan: LoadPlan) -> None:
        self._plan = plan
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._recent_rate = RecentRate()
        self._drawn = float("-inf")

    def start(self) -> None:
        self._live.start()

    def update(self, snapshot: Snapshot, tail: Sequence[str] = ()) -> None:
        now = time.monotonic()
        if now - self._drawn >= _FRAME_S * _EARLY:
            self._drawn = now
            self._live.update(render(snapshot, self._plan, tail, self._recent_rate.rate(snapshot)), refresh=True)

    def stop(self) -> None:
        self._live.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class BackgroundBoard:
    """Draws a board in a low-priority thread, so that drawing never delays the run."""

    def __init__(self, view: LoadView) -> None:
        self._view = view
        self._latest: tuple[Snapshot, Sequence[str]] | None = None
        self._news, self._over = Event(), False
        self._thread = Thread(target=self._draw, name="board", daemon=True)

    def start(self) -> None:
        self._view.start()
        self._thread.start()

    def update(self, snapshot: Snapshot, tail: Sequence[str] = ()) -> None:
        self._latest = snapshot, tail
        self._news.set()

    def stop(self) -> None:
        self._over = True
        self._news.set()
        self._thread.join()
        self._view.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _draw(self) -> None:
        if sys.platform == "linux":                     # elsewhere a thread has no priority of its own
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICE)
        while self._news.wait() and not self._over:
            self._news.clear()
            if self._latest:
                self._view.update(*self._latest)


class PlainBoard:
    """Appends: one line for each second of the run, and each log line once."""

    def __init__(self, console: Console, plan: LoadPlan) -> None:
        self._console = console
        self._plan = plan
        self._second = 0
        self._tail: Sequence[str] = ()

    def start(self) -> None:
        kinds = len(self._plan.pool)
        one = f"{self._plan.method} {redacted_url(self._plan.url)}"
        self._print(f"  {numbers.plural(kinds, 'request')} in turn" if kinds else f"  {one}")

    def update(self, snapshot: Snapshot, tail: Sequence[str] = ()) -> None:
        for text in fresh(self._tail, tail):
            self._print(f"  | {text}")
        self._tail = tuple(tail)
        if int(snapshot.elapsed_s) > self._second:
            self._second = int(snapshot.elapsed_s)
            self._print(line(snapshot, self._plan))

    def stop(self) -> None:
        pass

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _print(self, text: str) -> None:
        self._console.print(Text(visible(text)), soft_wrap=True)


def line(snapshot: Snapshot, plan: LoadPlan) -> str:
    """`  3.0 s  150/500  50.1/s of 50/s  p50 98.3 ms  p99 131 ms  failed 0`."""
    made, planned = done(snapshot), planned_rate(snapshot, plan)
    parts = [
        f"{snapshot.elapsed_s:5.1f} s",
        f"{made}/{snapshot.planned}" if snapshot.planned else str(made),
        numbers.rate(snapshot.rate) + (f" of {numbers.rate(planned)}" if planned is not None else ""),
        *(f"{name} {percentiles.figure(snapshot.latency, name)}" for name in ("p50", "p99")),
        f"failed {snapshot.failed}", *([] if snapshot.pods is None else [f"pods {snapshot.pods}"]),
    ]
    return "  ".join(parts)


def fresh(before: Sequence[str], now: Sequence[str]) -> Sequence[str]:
    """What `now` has that `before` had not, when both are the last few lines of the same growing log."""
    for overlap in range(min(len(before), len(now)), 0, -1):
        if tuple(before[-overlap:]) == tuple(now[:overlap]):
            return now[overlap:]
    return now
