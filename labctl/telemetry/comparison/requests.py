"""The requests of a run as columns: when each was due, how long it took, what each of its spans took by itself, and who had which
attribute.

Subtle: the requests are in the order in which they were due, so that a stretch of time is a range of indexes.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

CLIENT: Final = "client"
LEAST: Final = 5                        # requests in a group, of which anything is said; of them with a condition too


class Operation(NamedTuple):
    """Spans of one name: what a request does once, or a few times."""

    service: str
    name: str
    kind: str


WAIT: Final = Operation("", "waiting to be sent", "")
"""How long a request of a load run was due before it was sent, which no span shows."""


@dataclass(slots=True)
class RunRequests:
    trace_ids: list[str] = field(default_factory=list)
    due_s: "array[float]" = field(default_factory=lambda: array("d"))           # Unix
    latency_ms: "array[float]" = field(default_factory=lambda: array("d"))      # since it was due
    wait_ms: "array[float]" = field(default_factory=lambda: array("d"))         # of the latency, before it was sent
    failures: list[str] = field(default_factory=list)       # what went wrong, "" in a success
    routes: list[str] = field(default_factory=list)         # the name of the span that served it
    own_ms: dict[Operation, "array[float]"] = field(default_factory=dict)       # self time; 0 where the operation is missing
    began_s: dict[Operation, "array[float]"] = field(default_factory=dict)      # Unix; 0 where the operation is missing
    present: dict[Operation, list[int]] = field(default_factory=dict)
    attributes: dict[tuple[Operation, str], list[tuple[Any, Sequence[int]]]] = field(default_factory=dict)
    """By operation and key: each value with the requests that have it."""
    resources: list[tuple[str, Mapping[str, str], Sequence[int]]] = field(default_factory=list)
    """Service, attributes of the resource, and the requests with a span of it."""

    def since_sent(self) -> "RunRequests":
        """The same with every request due when it was sent; still in the order in which they were due before."""
        sent_s = array("d", (due + waited / 1e3 for due, waited in zip(self.due_s, self.wait_ms, strict=True)))
        took_ms = array("d", (took - waited for took, waited in zip(self.latency_ms, self.wait_ms, strict=True)))
        own_ms = {operation: times for operation, times in self.own_ms.items() if operation != WAIT}
        return replace(self, due_s=sent_s, latency_ms=took_ms, own_ms=own_ms)

    def __len__(self) -> int:
        return len(self.trace_ids)
