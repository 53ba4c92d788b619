"""The viewer's limits: as --retention or its settings say, and in its command line, as a process and as a container have it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from labctl.model import LabSpec
from labctl.switches.stores.retention import TRACES, of_lab, sizes_of_lab

_FLAGS: Final = {"--max-bytes": "viewer_max_bytes", "--max-age": "viewer_max_age_s"}


def max_bytes(spec: LabSpec) -> int:
    return sizes_of_lab(spec.switches, spec.viewer_max_bytes)[TRACES]


def max_age_s(spec: LabSpec) -> int:
    return of_lab(spec.switches, spec.viewer_max_age_s)[TRACES]


def limits_in(argv: Sequence[str]) -> dict[str, Any]:
    """By the spec's field; without those that are not given."""
    pairs = pairwise(argv)
    return {_FLAGS[flag]: int(value) for flag, value in pairs if flag in _FLAGS and value.isdigit()}
