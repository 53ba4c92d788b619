"""A step that only one request can be in at a time, and that is never idle: everything else waits for it.

So a blocked event loop shows: its spans never overlap, though many requests are in flight, and together they fill the run. The
steps that wait for their turn look slow instead. Not judged where several processes serve, whose spans may overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.comparison.requests import CLIENT, WAIT, Operation, RunRequests

_FULL: Final = 0.8                      # of the run
_MANY: Final = 2.0                      # requests in flight
_OVERLAP: Final = 0.02                  # of the run: clocks are not exact
_LEAST: Final = 20                      # requests


@dataclass(frozen=True, slots=True)
class OneAtATime:
    operation: Operation
    share: float                        # of the run, in which one request was in this step
    in_flight: float                    # requests, on average

    def as_json(self) -> dict[str, Any]:
        service, span, kind = self.operation
        return {"service": service, "span": span, "kind": kind, "share": self.share, "in_flight": self.in_flight}


def one_at_a_time(requests: RunRequests) -> OneAtATime | None:
    """The fullest one."""
    if len(requests) < _LEAST:
        return None
    sent_s = [due + waited / 1e3 for due, waited in zip(requests.due_s, requests.wait_ms, strict=True)]
    end_s = [due + took / 1e3 for due, took in zip(requests.due_s, requests.latency_ms, strict=True)]
    whole_s = max(end_s) - min(sent_s)
    in_flight = (sum(end_s) - sum(sent_s)) / whole_s if whole_s else 0.0
    if in_flight < _MANY:
        return None
    shares = {one: sum(times) / 1e3 / whole_s for one, times in requests.own_ms.items() if one != WAIT and one.kind != CLIENT}
    full = [one for one, share in shares.items() if _FULL <= share <= 1 + _OVERLAP]
    alone = [one for one in full if _overlap_s(requests.began_s[one], requests.own_ms[one]) <= _OVERLAP * whole_s]
    best = max(alone, key=shares.__getitem__, default=None)
    return OneAtATime(best, shares[best], in_flight) if best else None


def _overlap_s(began_s: Sequence[float], own_ms: Sequence[float]) -> float:
    """How long more than one was in it."""
    overlap, reached = 0.0, 0.0
    for begin, own in sorted(zip(began_s, own_ms, strict=True)):
        end = begin + own / 1e3
        overlap += max(0.0, min(end, reached) - begin)
        reached = max(reached, end)
    return overlap
