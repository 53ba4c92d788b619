"""A plan as it runs, on stderr: a spinner on a terminal, else one line when a step ends.

rich is imported only for a terminal; a script's `up` must not pay for it.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import wrap

from labctl.lab.plan import Reporter
from labctl.ui.kit.plain import remark
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.terminal import moves_cursor

WIDTH = 24
MOST = 90                               # characters of a line of a note
SHORT_S = 0.1                           # what takes less is not worth a figure


class PlainSteps:
    """One line for a step that begins to take time and one when it ends would be noise: only the end is printed."""

    def note(self, text: str) -> None:
        remark(f" – {text}")

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        notes: list[str] = []
        begun = time.monotonic()
        try:
            yield notes.append
        except BaseException:
            _write("✗", title, notes[-1] if notes else "", begun)
            raise
        _write("✓" if notes else "–", title, notes[-1] if notes else "nothing to do here", begun)


def _write(mark: str, title: str, note: str, begun: float) -> None:
    for text in line(mark, title, note, time.monotonic() - begun).splitlines():
        remark(text)


def line(mark: str, title: str, note: str, seconds: float) -> str:
    """A long note goes on below itself."""
    took = f"  {seconds:.1f} s" if seconds >= SHORT_S else ""
    first, *more = wrap(visible(note), MOST, break_long_words=False, break_on_hyphens=False) or [""]
    return "\n".join([f" {mark} {title:<{WIDTH}} {first}{took}", *(f"{'':{WIDTH + 4}}{text}" for text in more)])


class LiveSteps:
    def note(self, text: str) -> None:
        PlainSteps().note(text)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        from rich.markup import escape
        from rich.status import Status

        from labctl.ui.kit.console import err

        last, begun = "", time.monotonic()
        status = Status(f"{title:<{WIDTH}}", console=err(), spinner="dots")

        def say(note: str) -> None:
            nonlocal last
            last = note
            status.update(f"{title:<{WIDTH}} [dim]{escape(visible(note))}[/]")

        try:
            with status:
                yield say
        except BaseException:
            err().print(f"[red]{escape(line('✗', title, last, time.monotonic() - begun))}[/]")
            raise
        mark, note = ("[green]✓[/]", last) if last else ("[dim]–[/]", "nothing to do here")
        text = escape(line("?", title, note, time.monotonic() - begun))
        err().print(text.replace("?", mark, 1))


def steps() -> Reporter:
    return LiveSteps() if moves_cursor(sys.stderr) else PlainSteps()
