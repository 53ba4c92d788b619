"""A trace as the viewer answers it and the screen draws it: plain values, no OTLP types."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Span:
    name: str
    service: str
    kind: str                    # internal | server | client | producer | consumer
    span_id: str                 # 16 hex digits
    parent_id: str               # 16 hex digits, or "" at the root
    start_ms: float              # since the trace's first span started
    duration_ms: float
    status: str                  # unset | ok | error
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """Spans in the order they are drawn: parents before children, siblings by start."""

    trace_id: str                # 32 hex digits
    duration_ms: float           # first start to last end
    complete: bool               # one root, and every other span's parent is present
    spans: tuple[Span, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

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
