"""The help in a narrow terminal: an example that is too long for its column is folded, and a list of words breaks between them.

Subtle: typer draws the help with functions of its own, which are replaced here. As it is, it cuts what is too long.
"""

import functools
import shutil
from typing import Any, Final

_SHARE: Final = 5                       # of the terminal's width that a list of words may take


@functools.cache
def prepare() -> None:
    from typer import rich_utils

    text, negated, words = rich_utils.highlighter, rich_utils.negative_highlighter, rich_utils.types_highlighter
    rich_utils.highlighter = lambda shown: _folded(text(shown))  # type: ignore[assignment]
    rich_utils.negative_highlighter = lambda shown: _folded(negated(shown))  # type: ignore[assignment]
    rich_utils.types_highlighter = lambda shown: words(_broken(shown))  # type: ignore[assignment]


def _folded(shown: Any) -> Any:
    shown.overflow = "fold"
    return shown


def _broken(shown: Any) -> Any:
    width = shutil.get_terminal_size().columns // _SHARE
    if "|" in shown.plain and len(shown.plain) > width:
        shown.plain = "\n".join(lines(shown.plain.strip("<>"), width))
    return shown


def lines(text: str, width: int) -> list[str]:
    """A text such as auto|local|kind in lines of at most `width`, if its words are no longer."""
    found = [""]
    for word in (f"{part}|" for part in text.split("|")):
        if found[-1] and len(found[-1] + word) > width:
            found.append("")
        found[-1] += word
    found[-1] = found[-1].removesuffix("|")
    return found
