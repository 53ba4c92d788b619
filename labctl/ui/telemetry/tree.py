"""Spans as the rows of a tree, each with the branches that are drawn before its name.

Whatever a sender claims is drawn exactly once: a span without its parent, or in a circle of parents, becomes a root.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labctl.telemetry.trace import Span
from labctl.viewer_client.blame import children_of


@dataclass(frozen=True, slots=True)
class Row:
    span: Span
    prefix: str                     # before the name: "│  ├─ "
    above: str                      # before a heading over the row: "│  │  "
    below: str                      # before a remark under it
    orphan: bool                    # it names a parent that has not come


def rows_of(spans: Sequence[Span]) -> list[Row]:
    """Parents before children, siblings in the order given."""
    known, children = {span.span_id for span in spans}, children_of(spans)
    rows: list[Row] = []
    drawn: set[int] = set()
    roots = [span for span in spans if span.parent_id not in known]
    for root in (*roots, *spans):
        for row in _walk(root, children, drawn):
            orphan = row.span is root and bool(root.parent_id) and root.parent_id not in known
            rows.append(Row(row.span, row.prefix, row.above, row.below, orphan))
    return rows


def _walk(root: Span, children: Mapping[str, Sequence[Span]], drawn: set[int]) -> Iterator[Row]:
    # a stack and not recursion: a trace can be deeper than Python's call stack
    stack = [(root, "", "", "")]
    while stack:
        span, prefix, above, stem = stack.pop()
        if id(span) in drawn:
            continue
        drawn.add(id(span))
        family = [child for child in children.get(span.span_id, ()) if id(child) not in drawn]
        yield Row(span, prefix, above, stem + ("│  " if family else "   "), orphan=False)
        for child in reversed(family):
            last = child is family[-1]
            stack.append((child, stem + ("└─ " if last else "├─ "), stem + "│  ", stem + ("   " if last else "│  ")))
