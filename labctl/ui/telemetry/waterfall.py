"""One trace as a waterfall: every span a bar on a common time axis, services as headings, errors under their span.

Whole traces are the rule but not a promise: a span whose parent never came is drawn at the left edge and says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from labctl import numbers
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
        longest = max((len(row.prefix) + len(visible(row.span.name)) for row in rows), default=0)
        label = min(max(longest, 12), max(width * 2 // 5, 12))
        figures = 2 * _FIGURES if with_start else _FIGURES
        return cls(label, max(width - label - 1 - figures, _SHORTEST), with_start)


def render(trace: Trace, width: int) -> RenderableType:
    """The trace in lines of at most `width` (40 or more) cells, and an empty one before whatever is said about it."""
    rows = rows_of(trace.spans)
    layout = _Layout.of(rows, width)
    lines = axis.lines(trace.duration_ms, layout.label + 1, layout.bar)
    service = None
    for row in rows:
        if row.span.service != service:
            lines.append(_heading(row))
            service = row.span.service
        lines += _span_lines(row, trace.duration_ms, layout)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    head = (_identity(trace), _totals(trace, rows), Text())
    return Group(*head, *lines, Text())


def _identity(trace: Trace) -> Text:
    return Text.assemble(("Trace ", "bold"), (visible(trace.trace_id), "bold"))


def _totals(trace: Trace, rows: list[Row]) -> Text:
    services = len({span.service for span in trace.spans})
    figures = (numbers.milliseconds(trace.duration_ms), numbers.plural(len(trace.spans), "span"),
               numbers.plural(services, "service"))
    return Text.assemble((" · ".join(figures) + " · ", DIM), _completeness(trace, sum(row.orphan for row in rows)))


def _completeness(trace: Trace, orphans: int) -> tuple[str, str]:
    if trace.complete:
        return "complete", GOOD
    if orphans:
        return f"incomplete: parent of {numbers.plural(orphans, 'span')} missing", WARN
    roots = sum(not span.parent_id for span in trace.spans)
    return f"incomplete: {numbers.plural(roots, 'root span')} instead of 1", WARN


def _heading(row: Row) -> Text:
    return Text.assemble((row.above, DIM), (visible(row.span.service), colour_of(row.span.service)))


def _span_lines(row: Row, total: float, layout: _Layout) -> Iterator[Text]:
    span, failed = row.span, row.span.status == "error"
    colour = BAD if failed else colour_of(span.service)
    label = Text.assemble((row.prefix, DIM), (visible(span.name), BAD if failed else "bold"))
    label.truncate(layout.label, overflow="ellipsis", pad=True)
    begin, end = (edge / total if total else 0.0 for edge in (span.start_ms, span.start_ms + span.duration_ms))
    start = f"+{numbers.milliseconds(span.start_ms)}".rjust(_FIGURES) if layout.with_start else ""
    duration = numbers.milliseconds(span.duration_ms).rjust(_FIGURES)
    yield Text.assemble(label, " ", (interval(begin, end, layout.bar), colour), (start, DIM), duration)
    if failed:
        yield Text.assemble((row.below, DIM), (f"✗ {_failure(span)}", BAD))
    if row.orphan:
        yield Text.assemble((row.below, DIM), (f"? its parent {visible(span.parent_id)} is missing", WARN))


def _failure(span: Span) -> str:
    kind, status = (span.attributes.get(key) for key in ("error.type", "http.response.status_code"))
    message = span.attributes.get("exception.message")
    parts = [str(kind)] if kind and str(kind) != str(status) else []
    if status:
        parts.append(f"HTTP {status}")
    return visible(" · ".join(parts or ["error"]) + (f": {message}" if message else ""))
