"""What sampling has left out of a run, apart from what was lost, and how exactly that is known.

A decision on the trace id alone is made again here, so which traces are left out is known exactly. Tail sampling decides on spans
that only the collector has seen: there its own counters bound how many of the traces of which nothing came it decided against.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any, Final

from labctl import numbers
from labctl.load.plan.trace_ids import randomness
from labctl.switches.sampling import Policy, Where

_ERROR_FROM: Final = 400


class Basis(StrEnum):
    """How it is known."""

    FLAG = "the flags that were sent"
    TRACE_ID = "the trace ids"
    COUNTERS = "the collector's counters"


@dataclass(frozen=True, slots=True)
class SampledOut:
    traces: int
    spans: int
    basis: Basis
    unsure: float = 0                   # traces among them that may be lost ones

    @property
    def exact(self) -> bool:
        return self.unsure == 0

    def as_json(self) -> dict[str, Any]:
        return {
            "traces": self.traces, "spans": self.spans, "known_by": self.basis.value, "exact": self.exact,
            "unsure_traces": int(self.unsure),
        }

    def text(self) -> str:
        """`sampled out: 4 500 traces with 22 500 spans, by the trace ids`."""
        found = f"{numbers.plural(self.traces, 'trace')} with {numbers.plural(self.spans, 'span')}, by {self.basis}"
        if self.exact or not self.traces:
            return f"sampled out: {found}"
        most = "any" if self.unsure >= self.traces else f"up to {numbers.count(int(self.unsure))}"
        return f"sampled out: {found}, {most} of them possibly lost"


@dataclass(frozen=True, slots=True)
class TailCounts:
    """Of tail sampling in the collector, since a run began."""

    received: float = inf               # traces, the run's own and others
    not_kept: float = inf
    undecided_before: float = 0         # traces of before the run, about which it decided since


def keeps(policy: Policy | None) -> Callable[[int], bool]:
    """Whether a request's trace is kept, by its index, as far as that depends on its id alone."""
    if policy is None or policy.where is Where.TAIL:
        return lambda _: True
    limit = policy.threshold
    return lambda index: randomness(index) >= limit


def must_keep(policy: Policy, status: int) -> bool:
    """Whether tail sampling has to keep the trace of a request with this status (or none)."""
    failed = status < 100 or status >= _ERROR_FROM  # noqa: PLR2004 - no answer
    return policy.percent >= 100 or (policy.errors and failed)  # noqa: PLR2004 - per cent
