"""Log lines onto stdout as they come: coloured on a terminal, untouched and unbuffered in a pipe."""

import sys
from collections.abc import Callable

from labctl.model import LogLine
from labctl.ui.kit.terminal import shows_colours
from labctl.ui.telemetry import log_lines


def printer(components: list[str]) -> Callable[[LogLine], None]:
    """How to print one line; in a pipe, lines of more than one component carry its name in front."""
    if shows_colours(sys.stdout):
        return _show
    several = len(components) > 1

    def write(line: LogLine) -> None:
        sys.stdout.write(log_lines.plain(line, prefix=several) + "\n")
        sys.stdout.flush()

    return write


def _show(line: LogLine) -> None:
    from labctl.ui.kit.console import out

    out().print(log_lines.render(line), soft_wrap=True)
