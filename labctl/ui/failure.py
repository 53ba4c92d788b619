"""An error as the user sees it: the cause, the last thing seen, what to do, and the lines that fix it. On stderr, always.

What is or looks like a secret is not shown: an error may quote an address, a header or what another program has said.
"""

import os
import sys
from typing import Final

from labctl.errors import LabError
from labctl.redaction import redacted, secrets_of
from labctl.ui.kit.commands import typed
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.terminal import shows_colours, wrapped

_MOST: Final = 4000                     # characters of a text: a value may have been typed, or answered, without an end


def show(error: LabError) -> None:
    red, dim, plain = ("\033[31m", "\033[2m", "\033[0m") if shows_colours(sys.stderr) else ("", "", "")
    first, *more = wrapped(f"error: {_cut(_shown(error.message))}", sys.stderr)
    print("\n".join([first.replace("error:", f"{red}error:{plain}", 1), *more]), file=sys.stderr)
    for text in error.detail.splitlines():
        for line in wrapped(f"  {_cut(_shown(text))}", sys.stderr):
            print(f"{dim}{line}{plain}", file=sys.stderr)
    if error.advice:
        print("\n".join(wrapped(f"  {_shown(typed(error.advice))}", sys.stderr)), file=sys.stderr)
    for number, command in enumerate(error.hint.splitlines()):
        # a command stays in one line, so that it can be copied from the terminal
        print(f"  {'or' if number or error.advice else 'try'}: {_shown(typed(command))}", file=sys.stderr)


def _cut(text: str) -> str:
    """Its beginning and its end, which names what was expected."""
    half = _MOST // 8
    return text if len(text) <= _MOST else f"{text[:half]} … ({len(text)} characters) … {text[-half:]}"


def _shown(text: str) -> str:
    given = {name: value for name, value in os.environ.items() if name.startswith("OTEL_")}
    return visible(redacted(text, secrets_of(given)))
