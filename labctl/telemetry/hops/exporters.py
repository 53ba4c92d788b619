"""Which of the collector's exporters lead to the viewer, by their ids, such as `otlp_http/viewer`; which processors sample."""

from collections.abc import Iterable
from typing import Final

VIEWER: Final = "viewer"
PRINTS: Final = "debug"                 # and passes nothing on
SAMPLERS: Final = ("tail_sampling", "probabilistic_sampler")            # which leave out what they are meant to


def leading_to_viewer(exporters: Iterable[str]) -> frozenset[str]:
    """Those that have its name; where none has, as in somebody's own configuration, all that pass anything on."""
    found = frozenset(exporters)
    named = frozenset(one for one in found if one.rpartition("/")[2] == VIEWER)
    return named or frozenset(one for one in found if one.partition("/")[0] != PRINTS)
