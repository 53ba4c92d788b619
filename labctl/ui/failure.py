"""An error as the user sees it: the cause, the last thing seen, and the line that fixes it. On stderr, always."""

import sys

from labctl.errors import LabError
from labctl.ui.kit.commands import typed
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.terminal import shows_colours, wrapped


def show(error: LabError) -> None:
    red, dim, plain = ("\033[31m", "\033[2m", "\033[0m") if shows_colours(sys.stderr) else ("", "", "")
    first, *more = wrapped(f"error: {visible(error.message)}", sys.stderr)
    print("\n".join([first.replace("error:", f"{red}error:{plain}", 1), *more]), file=sys.stderr)
    for text in error.detail.splitlines():
        for line in wrapped(f"  {visible(text)}", sys.stderr):
            print(f"{dim}{line}{plain}", file=sys.stderr)
    if error.hint:
        # a command stays in one line, so that it can be copied from the terminal
        print(f"  try: {visible(typed(error.hint))}", file=sys.stderr)
