"""The viewer's limits in its command line, as a process and as a container have it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

_FLAGS: Final = {"--max-bytes": "viewer_max_bytes", "--max-age": "viewer_max_age_s"}


def limits_in(argv: Sequence[str]) -> dict[str, Any]:
    """By the spec's field; without those that are not given."""
    pairs = pairwise(argv)
    return {_FLAGS[flag]: int(value) for flag, value in pairs if flag in _FLAGS and value.isdigit()}
