"""The colours of the screen: the terminal's own named ones, which its theme keeps readable on dark and light.

A colour only repeats what a word, a sign or a position says already.
"""

from typing import Final
from zlib import crc32

DIM: Final = "dim"                  # not bright_black, which some themes make their background
GOOD: Final = "green"
WARN: Final = "yellow"
BAD: Final = "red"
BAR: Final = "cyan"
P99_COLOUR: Final = "magenta"        # wherever the terminal shows a p99; the HTML report has --p99 in page.css
PERCENTILE_MARK: Final = P99_COLOUR  # of the other percentiles beside the histogram

_OWN: Final = {
    "labctl": "bright_blue", "viewer": "bright_blue", "collector": "magenta", "service": "cyan", "ai-inference-service": "cyan",
}
_OTHERS: Final = ("green", "cyan", "bright_blue")


def colour_of(name: str) -> str:
    """The same colour for the same name in every run: the lab's own are fixed, others go by a checksum."""
    return _OWN.get(name) or _OTHERS[crc32(name.encode("utf-8", "replace")) % len(_OTHERS)]


def colour_of_state(state: str) -> str:
    """Of a component or of a lab as a whole."""
    return {"ready": GOOD, "up": GOOD, "starting": WARN, "degraded": WARN, "failed": BAD, "absent": BAD}.get(state, DIM)
