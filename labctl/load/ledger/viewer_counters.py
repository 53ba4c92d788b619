"""The viewer's own counters of spans: how many it stored for the first time, and how many are there.

Subtle: the first count starts from zero with the viewer's process, so it is evidence only where the same one ran all the time.
A refused request counts as one, however many spans it had: where something was refused, the number of spans is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any


@dataclass(frozen=True, slots=True)
class ViewerCounters:
    stored: int = 0                     # spans that are there
    first_stored: int = 0               # since it started, less those that were sent again
    refused: int = 0                    # the same, spans or whole requests
    started: object = None              # when; None: unknown

    def lost_since(self, before: "ViewerCounters") -> float:
        """The most spans that it stored and deleted since; inf: unknown, or it refused some."""
        if self.started is None or (self.started, self.refused) != (before.started, before.refused):
            return inf
        return max((self.first_stored - before.first_stored) - (self.stored - before.stored), 0)


def read(counts: Mapping[str, Any]) -> ViewerCounters:
    accepted, refused = (_spans(counts.get(name, {})) for name in ("accepted", "refused"))
    duplicates = counts.get("duplicates", {}).get("traces", 0)
    return ViewerCounters(int(counts["spans"]), accepted - duplicates, refused, counts.get("started"))


def _spans(by_signal: Mapping[str, int]) -> int:
    return sum(items for name, items in by_signal.items() if name.startswith("traces."))
