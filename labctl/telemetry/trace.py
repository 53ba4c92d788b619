"""A trace as the viewer returns it and the screen draws it: plain values, no OTLP types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Span:
    name: str
    service: str
    kind: str                    # unspecified | internal | server | client | producer | consumer | unknown
    span_id: str                 # 16 hex digits
    parent_id: str               # 16 hex digits, or "" at a root
    start_ms: float              # since the trace's first span started
    duration_ms: float
    status: str                  # unset | ok | error | unknown
    attributes: Mapping[str, Any] = field(default_factory=dict)
    status_message: str = ""
    events: Sequence[Mapping[str, Any]] = ()    # each with name, at_ms (as start_ms) and attributes

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS = Span.__slots__


@dataclass(frozen=True, slots=True)
class Trace:
    """Spans in the order they are drawn: parents before children, siblings by start."""

    trace_id: str                # 32 hex digits
    duration_ms: float           # first start to last end
    complete: bool               # one root, every other span's parent is present, and no duplicate span id
    spans: tuple[Span, ...]

    def as_json(self) -> dict[str, Any]:
        spans = [span.as_json() for span in self.spans]
        return {"trace_id": self.trace_id, "duration_ms": self.duration_ms, "complete": self.complete, "spans": spans}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Trace":
        spans = tuple(Span(**span) for span in value["spans"])
        return cls(value["trace_id"], value["duration_ms"], value["complete"], spans)


class RunSpan(NamedTuple):
    """One stored span of a load run, as the ledger counts it."""

    trace_id: str                # 32 hex digits
    span_id: str                 # 16 hex digits
    service: str
    name: str
    kind: str                    # as of Span
