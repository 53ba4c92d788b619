"""The spans of a trace as the rows of a tree, each with the branches that are drawn before its name.

A trace can have a hundred thousand spans: of more than can be read, the longest are drawn, each with its ancestors.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from labctl.telemetry.span_tree import SpanNode, SpanTree

MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    node: SpanNode
    prefix: str                     # before the name: "│  ├─ "
    above: str                      # before a heading over the row: "│  │  "
    below: str                      # before a remark under it


def rows_of(tree: SpanTree, most: int = MOST_ROWS) -> list[Row]:
    """Parents before children, in the tree's order."""
    drawn = _longest(tree, most)
    rows: list[Row] = []
    for top in tree.top:
        if id(top) in drawn:
            rows += _under(top, drawn)
    return rows


def _longest(tree: SpanTree, most: int) -> set[int]:
    """Which nodes are drawn. Failed spans come first, then long ones."""
    if len(tree.nodes) <= most:
        return {id(node) for node in tree.nodes}
    drawn: set[int] = set()
    for node in sorted(tree.nodes, key=lambda node: (node.span.status != "error", -node.span.duration_ms)):
        missing = list(_with_ancestors(node, drawn, most - len(drawn) + 1))
        if len(drawn) + len(missing) <= most:
            drawn.update(missing)
        if len(drawn) == most:
            break
    return drawn


def _with_ancestors(node: SpanNode, drawn: set[int], most: int) -> Iterator[int]:
    """The node and those above it, up to one that is drawn; no more than `most`."""
    above: SpanNode | None = node
    for _ in range(most):
        if above is None or id(above) in drawn:
            return
        yield id(above)
        above = above.parent


def _under(top: SpanNode, drawn: set[int]) -> Iterator[Row]:
    # a stack and not recursion: a trace can be deeper than Python's call stack
    stack = [(top, "", "", "")]
    while stack:
        node, prefix, above, stem = stack.pop()
        family = [child for child in node.children if id(child) in drawn]
        yield Row(node, prefix, above, stem + ("│  " if family else "   "))
        for child in reversed(family):
            last = child is family[-1]
            stack.append((child, stem + ("└─ " if last else "├─ "), stem + "│  ", stem + ("   " if last else "│  ")))
