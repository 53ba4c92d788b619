"""An error as the user sees it: the cause, the last thing seen, and the line that fixes it. On stderr, always."""

import sys

from labctl.errors import LabError
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.terminal import shows_colours


def show(error: LabError) -> None:
    red, dim, plain = ("\033[31m", "\033[2m", "\033[0m") if shows_colours(sys.stderr) else ("", "", "")
    print(f"{red}error:{plain} {visible(error.message)}", file=sys.stderr)
    for line in error.detail.splitlines():
        print(f"  {dim}{visible(line)}{plain}", file=sys.stderr)
    if error.hint:
        print(f"  try: {visible(error.hint)}", file=sys.stderr)
