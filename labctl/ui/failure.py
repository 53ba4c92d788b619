"""An error as the user sees it: the cause, the last thing seen, and the line that fixes it. On stderr, always."""

import sys

from labctl.errors import LabError


def show(error: LabError) -> None:
    red, dim, plain = ("\033[31m", "\033[2m", "\033[0m") if sys.stderr.isatty() else ("", "", "")
    print(f"{red}error:{plain} {error.message}", file=sys.stderr)
    for line in error.detail.splitlines():
        print(f"  {dim}{line}{plain}", file=sys.stderr)
    if error.hint:
        print(f"  try: {error.hint}", file=sys.stderr)
