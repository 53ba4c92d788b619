"""How many spans each hop lost, from the upper bounds that each component's counters give.

Subtle: nothing is guessed. A loss is attributed to a hop only where all others together, by their counters, cannot have lost
as much; the rest counts as lost at an unknown hop.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final


class Hop(StrEnum):
    CLIENT = "client → collector"
    SERVICE = "service → collector"
    PROCESSOR = "collector"             # dropped by one of its processors, other than by sampling
    COLLECTOR = "collector → viewer"
    VIEWER = "viewer"                   # stored and then deleted
    UNKNOWN = "unknown hop"


@dataclass(frozen=True, slots=True)
class HopLoss:
    hop: Hop
    spans: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Spans that were certainly made and are not at the viewer."""

    unacknowledged: int                 # client spans that the collector never acknowledged
    acknowledged: int                   # client spans that the collector acknowledged
    service: int                        # service spans of answered requests
    too_late: int = 0                   # of `service`: of requests sent while the collector was gone for good


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most spans that each hop can have lost during the run, the run's own or others; inf: unknown."""

    given_up: float = inf               # by the service's SDK
    in_collector: float = inf           # given up by the collector
    in_viewer: float = inf              # refused by the viewer, or stored and deleted
    processed: float = 0                # dropped by the collector's processors


_ORDER: Final = (Hop.SERVICE, Hop.PROCESSOR, Hop.COLLECTOR, Hop.VIEWER)


def losses(missing: Missing, bounds: Bounds) -> tuple[HopLoss, ...]:
    """The losses by hop; hops that lost nothing are left out."""
    whole = missing.acknowledged + missing.service
    most = [min(bounds.given_up, missing.service), *(
        min(bound, whole) for bound in (bounds.processed, bounds.in_collector, bounds.in_viewer))]
    least = [max(0, whole - sum(most) + own) for own in most]
    least[0] = max(least[0], missing.too_late)
    told = [int(number) for number in least]
    if sum(told) > whole or sum(most) < whole:          # the counters contradict each other
        told = [missing.too_late, 0, 0, 0]
    found = [(Hop.CLIENT, missing.unacknowledged), *zip(_ORDER, told, strict=True), (Hop.UNKNOWN, whole - sum(told))]
    return tuple(HopLoss(hop, spans) for hop, spans in found if spans)
