"""Spans of many traces merged by their path, which is the services and names from the root down to the span.

Of each path: how often it is in a trace, and how long its spans take by themselves (without the time in which a child runs).
Added up over all paths of a trace, these self times are its root's duration, where spans do not overlap; so the differences of
two sets of traces add up to the difference of their durations, and say where it comes from.

Subtle: traces are as broken as `SpanTree` allows: what is at the top of a trace for whatever reason begins a path of its own.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from labctl.telemetry.span_tree import SpanNode, SpanTree
from labctl.telemetry.trace import Span

MOST_PATHS: Final = 12_000
OTHERS: Final = ("", "")                # service and name of the path of all spans that found no room
NOWHERE: Final = -1
TraceShape = frozenset[int]             # places of paths


@dataclass(slots=True)
class SideOfPath:
    """Of one path, the spans of one set of traces. Times in ms."""

    spans: int = 0
    errors: int = 0
    total: float = 0.0                  # durations
    own: dict[int, float] = field(default_factory=dict)                 # self time by trace, of the traces that have it
    example: dict[int, str] = field(default_factory=dict)               # a span id by trace

    def add(self, trace: int, node: SpanNode, own: float) -> None:
        self.spans += 1
        self.errors += node.span.status == "error"
        self.total += node.span.duration_ms
        self.own[trace] = self.own.get(trace, 0.0) + own
        self.example.setdefault(trace, node.span.span_id)

    def mean(self, traces: int) -> float:
        """Self time for each trace, also for those without it."""
        return sum(self.own.values()) / traces if traces else 0.0

    def of_all(self, traces: int) -> list[float]:
        """Self time of each trace; 0 where it has none."""
        return [self.own.get(trace, 0.0) for trace in range(traces)]

    def median(self) -> float | None:
        """Of the traces that have it."""
        return median(self.own.values()) if self.own else None

    def block_means(self, blocks: Sequence[int]) -> list[float]:
        """Mean self time in each block of traces; `blocks` has the block of each trace."""
        sums, sizes = [0.0] * (max(blocks, default=-1) + 1), Counter(blocks)
        for trace, own in self.own.items():
            sums[blocks[trace]] += own
        return [total / sizes[block] for block, total in enumerate(sums)]

    def examples(self) -> list[int]:
        """The trace in the middle, and the one in which it takes longest."""
        order = sorted(self.own, key=self.own.__getitem__)
        return [order[len(order) // 2], order[-1]] if order else []


@dataclass(slots=True)
class SpanPath:
    above: int                          # place of the parent's path, or NOWHERE
    service: str
    name: str
    sides: tuple[SideOfPath, SideOfPath] = field(default_factory=lambda: (SideOfPath(), SideOfPath()))


class SpanPaths:
    def __init__(self) -> None:
        self.paths: list[SpanPath] = []         # parents before children
        self._known: dict[tuple[int, str, str], int] = {}

    def add(self, side: int, trace: int, tree: SpanTree) -> None:
        """The spans of one trace, by start. `trace` is its number on that side."""
        places = dict[int, int]()
        for node in tree.nodes:
            above = places[id(node.parent)] if node.parent else NOWHERE
            place = places[id(node)] = self._place(above, node.span)
            self.paths[place].sides[side].add(trace, node, self_time(node.span, [child.span for child in node.children]))

    def shape(self, tree: SpanTree) -> TraceShape:
        """Which paths a trace has."""
        places = dict[int, int]()
        for node in tree.nodes:
            places[id(node)] = self._place(places[id(node.parent)] if node.parent else NOWHERE, node.span)
        return frozenset(places.values())

    def _place(self, above: int, span: Span) -> int:
        key = (above, span.service, span.name)
        if key not in self._known and len(self.paths) >= MOST_PATHS:
            key = (NOWHERE, *OTHERS)
        if (known := self._known.get(key)) is None:
            known = self._known[key] = len(self.paths)
            self.paths.append(SpanPath(*key))
        return known


def self_time(span: Span, children: Iterable[Span]) -> float:
    """A span's duration without the time in which any child ran, in ms."""
    end, reach, covered = span.start_ms + span.duration_ms, span.start_ms, 0.0
    for child in sorted(children, key=lambda one: one.start_ms):
        begin, until = max(child.start_ms, reach), min(child.start_ms + child.duration_ms, end)
        if until > begin:
            covered, reach = covered + until - begin, until
    return max(span.duration_ms - covered, 0.0)
