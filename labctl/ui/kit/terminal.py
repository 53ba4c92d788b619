"""What a stream can show: cursor movements and colours are for terminals that know them."""

import os
import shutil
from typing import TextIO


def moves_cursor(stream: TextIO) -> bool:
    """Whether it is a terminal that knows escape sequences."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb", "unknown"}


def wrapped(text: str, stream: TextIO) -> list[str]:
    """The lines that a terminal shows of it, broken between words, those after the first set in; elsewhere one line."""
    width = shutil.get_terminal_size().columns
    if not stream.isatty() or len(text) <= width:
        return [text]
    import textwrap

    indent = " " * (len(text) - len(text.lstrip()) + 2)
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    )


def shows_colours(stream: TextIO) -> bool:
    """As no-color.org and bixense.com/clicolors have it."""
    return moves_cursor(stream) and not os.environ.get("NO_COLOR") and os.environ.get("CLICOLOR") != "0"
