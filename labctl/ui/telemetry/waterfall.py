"""One trace as a waterfall: every span a bar on a common time axis, services as headings, errors under their span.

Whole traces are the rule but not a promise: a span that has no place under a parent is drawn at the left edge and says why.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
from labctl.telemetry.span_tree import Place, SpanNode, SpanTree
from labctl.telemetry.trace import Span, Trace
from labctl.ui.kit import axis
from labctl.ui.kit.bars import interval
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN, colour_of
from labctl.ui.kit.safe_text import visible
from labctl.ui.telemetry.tree import Row, rows_of

_FIGURES = 10                       # cells for the start, and for the duration
_SHORTEST = 10                      # cells of a bar, at least: room for the two ends of the axis
_NARROW = 56                        # below it the start offset is left out


@dataclass(frozen=True, slots=True)
class _Layout:
    label: int
    bar: int
    with_start: bool

    @classmethod
    def of(cls, rows: list[Row], width: int) -> "_Layout":
        with_start = width >= _NARROW
        longest = max((len(row.prefix) + len(visible(row.node.span.name)) for row in rows), default=0)
        label = min(max(longest, 12), max(width * 2 // 5, 12))
        figures = 2 * _FIGURES if with_start else _FIGURES
        return cls(label, max(width - label - 1 - figures, _SHORTEST), with_start)


def render(trace: Trace, width: int) -> RenderableType:
    """The trace in lines of at most `width` (40 or more) cells, and an empty one before whatever is said about it."""
    tree = SpanTree(trace.spans)
    rows = rows_of(tree)
    layout = _Layout.of(rows, width)
    lines = axis.lines(trace.duration_ms, layout.label + 1, layout.bar)
    service = None
    for row in rows:
        if row.node.span.service != service:
            lines.append(_heading(row, layout))
            service = row.node.span.service
        lines += _span_lines(row, trace.duration_ms, layout)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    head = (_identity(trace), _totals(trace, tree), Text())
    return Group(*head, *lines, *_left_out(trace, rows), Text())


def _identity(trace: Trace) -> Text:
    return Text.assemble(("Trace ", "bold"), (visible(trace.trace_id), "bold"))


def _totals(trace: Trace, tree: SpanTree) -> Text:
    services = len({span.service for span in trace.spans})
    figures = (numbers.milliseconds(trace.duration_ms), numbers.plural(len(trace.spans), "span"),
               numbers.plural(services, "service"))
    return Text.assemble((" · ".join(figures) + " · ", DIM), _completeness(tree))


def _completeness(tree: SpanTree) -> tuple[str, str]:
    if tree.complete:
        return "complete", GOOD
    return f"incomplete: {', '.join(_what_is_wrong(tree))}", WARN


def _what_is_wrong(tree: SpanTree) -> Iterator[str]:
    roots, orphans, circles = (tree.count(place) for place in (Place.ROOT, Place.ORPHAN, Place.CIRCLE))
    if orphans:
        yield f"parent of {numbers.plural(orphans, 'span')} missing"
    if roots != 1 and not (roots == 0 and orphans):
        yield f"{numbers.plural(roots, 'root span')} instead of 1"
    if circles:
        yield f"{numbers.plural(circles, 'cycle')} of parents"
    if selves := tree.count(Place.OWN_PARENT):
        yield f"{numbers.plural(selves, 'span')} under itself"
    if tree.same_ids:
        yield f"{numbers.plural(tree.same_ids, 'span')} with another span's id"


def _left_out(trace: Trace, rows: list[Row]) -> Iterator[Text]:
    """How much is not drawn, and where it can be read."""
    if len(rows) == len(trace.spans):
        return
    drawn = {id(row.node.span) for row in rows}
    longest = max(span.duration_ms for span in trace.spans if id(span) not in drawn)
    yield Text(f"{numbers.plural(len(trace.spans) - len(rows), 'span')} of up to {numbers.milliseconds(longest)} are not drawn; "
               f"all of them: labctl trace {visible(trace.trace_id)} -o json", DIM)


def _heading(row: Row, layout: _Layout) -> Text:
    return Text.assemble((_fitting(row.above, layout), DIM), (visible(row.node.span.service), colour_of(row.node.span.service)))


def _span_lines(row: Row, total: float, layout: _Layout) -> Iterator[Text]:
    span, failed = row.node.span, row.node.span.status == "error"
    colour = BAD if failed else colour_of(span.service)
    label = Text.assemble((_fitting(row.prefix, layout), DIM), (visible(span.name), BAD if failed else "bold"))
    label.truncate(layout.label, overflow="ellipsis", pad=True)
    begin, end = (edge / total if total else 0.0 for edge in (span.start_ms, span.start_ms + span.duration_ms))
    start = f"+{numbers.milliseconds(span.start_ms)}".rjust(_FIGURES) if layout.with_start else ""
    duration = numbers.milliseconds(span.duration_ms).rjust(_FIGURES)
    yield Text.assemble(label, " ", (interval(begin, end, layout.bar), colour), (start, DIM), duration)
    if failed:
        yield Text.assemble((_fitting(row.below, layout), DIM), (f"✗ {_failure(span)}", BAD))
    for remark in _remarks(row.node):
        yield Text.assemble((_fitting(row.below, layout), DIM), (f"? {remark}", WARN))


def _remarks(node: SpanNode) -> Iterator[str]:
    span = node.span
    match node.place:
        case Place.ORPHAN:
            yield f"its parent {visible(span.parent_id)} is missing"
        case Place.OWN_PARENT:
            yield "it names itself as its parent"
        case Place.CIRCLE:
            yield "it is its own ancestor"
    if node.same_id:
        yield f"another span has the same id, {visible(span.span_id)}"


def _fitting(branches: str, layout: _Layout) -> str:
    """Of a span that lies deep, the innermost branches alone, so that its name is still seen."""
    most = layout.label // 2
    return branches if len(branches) <= most else f"…{branches[1 - most:]}"


def _failure(span: Span) -> str:
    kind, status = (span.attributes.get(key) for key in ("error.type", "http.response.status_code"))
    message = span.attributes.get("exception.message")
    parts = [str(kind)] if kind and str(kind) != str(status) else []
    if status:
        parts.append(f"HTTP {status}")
    return visible(" · ".join(parts or ["error"]) + (f": {message}" if message else ""))
