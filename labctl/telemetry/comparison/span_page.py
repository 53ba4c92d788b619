"""A page of spans in columns, as the viewer's /api/spans answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_TRACE_ID, _SPAN_ID = 32, 16            # hex digits
_NO_PARENT: Final = "0" * _SPAN_ID


@dataclass(frozen=True, slots=True)
class SpanOrigin:
    """What the spans of one operation of one process have in common."""

    service: str
    name: str
    kind: str                           # as of telemetry.trace.Span
    resource: Mapping[str, str]         # the resource's attributes


@dataclass(frozen=True, slots=True)
class SpanPage:
    """The columns have one element a span; `origins` and `attributes` are indexes into the two tables."""

    trace_ids: Sequence[str]
    span_ids: Sequence[str]
    parent_ids: Sequence[str]           # "" at a root
    starts: Sequence[int]               # Unix ns
    durations: Sequence[int]            # ns
    errors: Sequence[int]               # 1 where the span's status is an error
    origins: Sequence[int]
    attributes: Sequence[Sequence[int]]
    origins_table: Sequence[SpanOrigin]
    pairs: Sequence[tuple[str, Any]]    # key and value: text, a number or a boolean
    after: str                          # the cursor of the next page; "" after the last one

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "SpanPage":
        """Raises KeyError, TypeError or ValueError for anything else."""
        parents = ["" if one == _NO_PARENT else one for one in _cut(value["parent_ids"], _SPAN_ID)]
        page = cls(
            _cut(value["trace_ids"], _TRACE_ID), _cut(value["span_ids"], _SPAN_ID), parents, value["starts"], value["durations"],
            value["errors"], value["origins"], value["attributes"], [SpanOrigin(**one) for one in value["origins_table"]],
            [(key, found) for key, found in value["pairs"]], value["after"] or "",
        )
        if len({len(getattr(page, name)) for name in cls.__slots__[:8]}) != 1:
            raise ValueError("columns of different lengths")
        return page


def _cut(text: str, length: int) -> list[str]:
    return [text[begin:begin + length] for begin in range(0, len(text), length)]
