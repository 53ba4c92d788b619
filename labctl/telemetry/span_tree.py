"""The tree of a trace's spans, even of a broken trace: several roots or none, missing parents, cycles, duplicate ids.

Every span is exactly one node. A span that cannot be placed under a parent is at the top, and `place` says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from labctl.telemetry.trace import Span


class Place(Enum):
    ROOT = "root"                       # it names no parent
    CHILD = "child"
    ORPHAN = "orphan"                   # it names a parent that has not arrived
    OWN_PARENT = "own parent"           # it names itself
    CIRCLE = "circle"                   # it is its own ancestor; the first span of the cycle is at the top


@dataclass(slots=True, eq=False)
class SpanNode:
    span: Span
    place: Place
    same_id: bool                       # an earlier span has the same id
    parent: "SpanNode | None" = None
    depth: int = 0
    children: list["SpanNode"] = field(default_factory=list)


class SpanTree:
    """Built from spans in the order that siblings shall have."""

    def __init__(self, spans: Sequence[Span]) -> None:
        nodes = _nodes(spans)
        by_id: dict[str, SpanNode] = {}
        for node in nodes:
            by_id.setdefault(node.span.span_id, node)
        for node in nodes:
            node.place = _place(node, by_id)
            if node.place is Place.CHILD:
                node.parent = by_id[node.span.parent_id]
                node.parent.children.append(node)
        self.nodes: tuple[SpanNode, ...] = tuple(_in_order(nodes))
        """Parents before children."""

    @property
    def top(self) -> list[SpanNode]:
        return [node for node in self.nodes if node.place is not Place.CHILD]

    @cached_property
    def same_ids(self) -> int:
        return sum(node.same_id for node in self.nodes)

    def count(self, place: Place) -> int:
        return sum(node.place is place for node in self.nodes)

    @property
    def complete(self) -> bool:
        """One root, every other span under its parent, and no duplicate id."""
        top = self.top
        return len(top) == 1 and top[0].place is Place.ROOT and not self.same_ids


def _nodes(spans: Sequence[Span]) -> list[SpanNode]:
    seen: set[str] = set()
    nodes = []
    for span in spans:
        nodes.append(SpanNode(span, Place.ROOT, span.span_id in seen))
        seen.add(span.span_id)
    return nodes


def _place(node: SpanNode, by_id: dict[str, SpanNode]) -> Place:
    parent_id = node.span.parent_id
    if not parent_id:
        return Place.ROOT
    if parent_id not in by_id:
        return Place.ORPHAN
    return Place.OWN_PARENT if parent_id == node.span.span_id else Place.CHILD


def _in_order(nodes: list[SpanNode]) -> list[SpanNode]:
    found: list[SpanNode] = []
    reached: set[int] = set()
    for top in (node for node in nodes if node.place is not Place.CHILD):
        _walk(top, found, reached)
    for node in nodes:
        if id(node) not in reached:
            # not reachable from the top, so it is in a cycle of parents, or below one
            first = _in_circle(node)
            _cut(first)
            _walk(first, found, reached)
    return found


def _in_circle(node: SpanNode) -> SpanNode:
    """The first span of the cycle above `node`, on the way up."""
    passed: set[int] = set()
    while id(node) not in passed and node.parent:
        passed.add(id(node))
        node = node.parent
    return node


def _cut(node: SpanNode) -> None:
    if node.parent:
        node.parent.children = [child for child in node.parent.children if child is not node]
    node.place, node.parent = Place.CIRCLE, None


def _walk(top: SpanNode, found: list[SpanNode], reached: set[int]) -> None:
    # a stack and not recursion: a trace can be deeper than Python's call stack
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if id(node) in reached:
            continue
        reached.add(id(node))
        found.append(node)
        for child in reversed(node.children):
            child.depth = node.depth + 1
            waiting.append(child)
