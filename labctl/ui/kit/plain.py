"""Plain lines, safe for a terminal, for what must not pay for rich: a script's `up`, and errors."""

import sys

from labctl.ui.kit.safe_text import visible


def say(text: str) -> None:
    """A line of the result, on stdout."""
    print(visible(text), flush=True)


def remark(text: str) -> None:
    """A line beside the result, on stderr."""
    print(visible(text), file=sys.stderr, flush=True)
