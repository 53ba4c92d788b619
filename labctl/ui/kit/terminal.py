"""What a stream can show: cursor movements and colours are for terminals that know them."""

import os
from typing import TextIO


def moves_cursor(stream: TextIO) -> bool:
    """Whether it is a terminal that knows escape sequences."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb", "unknown"}


def shows_colours(stream: TextIO) -> bool:
    """As no-color.org and bixense.com/clicolors have it."""
    return moves_cursor(stream) and not os.environ.get("NO_COLOR") and os.environ.get("CLICOLOR") != "0"
