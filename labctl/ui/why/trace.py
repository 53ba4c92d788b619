"""Where a request's time went, span by span, against other requests of the same route."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from labctl import numbers
from labctl.numbers import MISSING
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.ui.why import words
from labctl.why.traces.explain_trace import LEAST
from labctl.why.traces.trace_explanation import SpanQuote, TimePart, TraceExplanation

_ROWS = 20
_WIDE = 66                              # cells from which on there is room for the p95
_FIGURES, _FEWER_FIGURES = 44, 34       # cells of the columns of figures
_LEAST_NAME = 12
_QUOTES = 10


def render(found: TraceExplanation) -> RenderableType:
    return Group(
        _title(found), Text(), _verdict(found), *_incomplete(found), *_quotes(found), Text(),
        Padding(_Parts(found), (0, 0, 0, 2)), Text(), *_next(found),
    )


def _title(found: TraceExplanation) -> Text:
    place = f"{visible(found.route)} · {numbers.milliseconds(found.latency_ms)}"
    return Text.assemble(("Trace ", "bold"), (visible(found.trace.trace_id), "bold"), (f" · {place}", DIM))


def _verdict(found: TraceExplanation) -> Text:
    others = f"{numbers.plural(found.others, 'other request')} {found.compared} to this route"
    if found.median_ms is None or found.slower_than is None or found.longer_ms is None:
        return Text(f"Too few to compare with: {others}, and {LEAST} are needed.", WARN)
    usual = f"slower than {numbers.percent(found.slower_than, 1.0)} of {others}"
    part = found.making_the_difference
    if part is None:
        return Text.assemble(("Nothing is unusual", GOOD), f": it was {usual} (median {numbers.milliseconds(found.median_ms)}).")
    share = "all" if part.longer_ms >= found.longer_ms else numbers.percent(part.longer_ms, found.longer_ms)
    compared = "none of the others has it" if part.median_ms is None else f"median {numbers.milliseconds(part.median_ms)}"
    return Text.assemble(
        (_took(part), f"bold {BAD}"), f" ({compared}): {share} of the {numbers.milliseconds(found.longer_ms)} that the "
        f"request took beyond the usual {numbers.milliseconds(found.median_ms)}. It was {usual}.",
    )


def _took(part: TimePart) -> str:
    time = numbers.milliseconds(part.ms)
    if words.is_wait(part.operation):
        return f"It waited {time} to be sent"
    return f"{words.operation(part.operation)} took {time} by itself"


def _incomplete(found: TraceExplanation) -> Iterator[RenderableType]:
    if not found.trace.complete:
        yield Text.assemble(("! ", WARN), "the trace is incomplete: the time of missing spans is counted as their parents'")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A row for each operation, its figures beside those of the others."""

    found: TraceExplanation

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= _WIDE
        table = new_table("self time", "this", "median", *(["p95"] if wide else []), "longer than")
        for column in table.columns:
            column.no_wrap = True
        table.columns[0].max_width = max(options.max_width - (_FIGURES if wide else _FEWER_FIGURES), _LEAST_NAME)
        for column in table.columns[1:]:
            column.justify = "right"
        for part in self.found.parts[:_ROWS]:
            style = f"bold {BAD}" if part is self.found.making_the_difference else ""
            times = f" ×{part.spans}" if part.spans > 1 else ""
            p95 = [_ms(part.p95_ms)] if wide else []
            table.add_row(Text(f"{words.operation(part.operation)}{times}", style), Text(numbers.milliseconds(part.ms), style),
                          _ms(part.median_ms), *p95, _rank(part, self.found.others))
        yield table


def _ms(value: float | None) -> str:
    return MISSING if value is None else numbers.milliseconds(value)


def _rank(part: TimePart, others: int) -> str:
    if part.longer_than is None:
        return f"{numbers.plural(part.others, 'other')}" if part.others else "no other"
    of = "" if part.others == others else f" of {numbers.count(part.others)}"
    return f"{numbers.percent(part.longer_than, 1.0)}{of}"


def _quotes(found: TraceExplanation) -> Iterator[RenderableType]:
    for quote in found.quotes[:_QUOTES]:
        yield _quoted(quote)
    if len(found.quotes) > _QUOTES:
        yield Text(f"{numbers.plural(len(found.quotes) - _QUOTES, 'event')} more", DIM)


def _quoted(quote: SpanQuote) -> Text:
    sign = ("✗ ", BAD) if quote.error else ("· ", DIM)
    return Text.assemble(sign, (visible(quote.span), "bold"), f" at {numbers.milliseconds(quote.at_ms)}: {visible(quote.text)}")


def _next(found: TraceExplanation) -> Iterator[RenderableType]:
    yield Text(typed(f"labctl trace {found.trace.trace_id}"), DIM)
