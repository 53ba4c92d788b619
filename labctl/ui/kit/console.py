"""Two streams: results on stdout, progress and errors on stderr.

Subtle: views escape untrusted text themselves, so that its width in their layout is right. The consoles escape whatever is left,
so that a view that forgets it is ugly but not dangerous.
"""

import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.terminal import shows_colours


class SafeConsole(Console):
    """Lets no control character of a text through to the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        return map(_safe, super().render(renderable, options))


def _safe(segment: Segment) -> Segment:
    text, style, control = segment
    if control or text.isprintable() or text == "\n":
        return segment
    return Segment("\n".join(visible(line) for line in text.split("\n")), style)


@cache
def out() -> Console:
    return _console(sys.stdout)


@cache
def err() -> Console:
    return _console(sys.stderr, stderr=True)


def _console(stream: TextIO, **more: Any) -> Console:
    if stream.isatty() and not shows_colours(stream):
        more["color_system"] = None
    return SafeConsole(highlight=False, **more)
