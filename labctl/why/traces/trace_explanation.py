"""What is told of a trace: each operation's self time beside that of other requests, and what its spans say went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from labctl.telemetry.comparison.requests import Operation
from labctl.telemetry.trace import Trace

_MATTERS: Final = 0.2                   # of what the request took longer than the median


class OtherRequests(StrEnum):
    RUN = "of its run"
    RECENT = "of the last 10 minutes"


@dataclass(frozen=True, slots=True)
class TimePart:
    """An operation's self time in this request, and in the others that have it."""

    operation: Operation
    ms: float
    spans: int                          # of this operation in the trace; 0: it waited
    others: int
    median_ms: float | None             # None: too few others
    p95_ms: float | None
    longer_than: float | None           # share of the others

    @property
    def longer_ms(self) -> float:
        """Than the median."""
        return self.ms - (self.median_ms or 0.0)

    def as_json(self) -> dict[str, Any]:
        return {
            "service": self.operation.service or None, "span": self.operation.name, "kind": self.operation.kind or None,
            "ms": self.ms, "spans": self.spans, "others": self.others, "median_ms": self.median_ms, "p95_ms": self.p95_ms,
            "longer_than": self.longer_than,
        }


@dataclass(frozen=True, slots=True)
class TraceExplanation:
    trace: Trace
    route: str
    latency_ms: float                   # since it was due
    compared: OtherRequests
    others: int                         # requests of the same route
    median_ms: float | None
    slower_than: float | None           # share of the others
    parts: Sequence[TimePart]               # the one that makes the difference first
    quotes: Sequence["SpanQuote"]

    @property
    def longer_ms(self) -> float | None:
        """Than the median of the others."""
        return None if self.median_ms is None else self.latency_ms - self.median_ms

    @property
    def making_the_difference(self) -> TimePart | None:
        """None where nothing is unusual: no part is beyond the p95 of the others and a good part of what it took longer."""
        longer = self.longer_ms
        if longer is None or longer <= 0:
            return None
        return next((
            part for part in self.parts
            if part.longer_ms >= _MATTERS * longer and (part.p95_ms is None or part.ms > part.p95_ms)
        ), None)

    def as_json(self) -> dict[str, Any]:
        part = self.making_the_difference
        return {
            "trace_id": self.trace.trace_id, "route": self.route, "complete": self.trace.complete, "latency_ms": self.latency_ms,
            "compared": self.compared.name.lower(), "others": self.others, "median_ms": self.median_ms,
            "slower_than": self.slower_than, "difference": part.as_json() if part else None,
            "parts": [one.as_json() for one in self.parts], "quotes": [one.as_json() for one in self.quotes],
        }


@dataclass(frozen=True, slots=True)
class SpanQuote:
    """What a span says went wrong, or an event in it."""

    span: str
    at_ms: float
    text: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    error: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "span": self.span, "at_ms": self.at_ms, "text": self.text, "attributes": dict(self.attributes), "error": self.error,
        }
