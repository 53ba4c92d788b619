"""What sets the slow and the failed requests of a run apart: each difference with its figures and a trace that shows it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.console import Group as Lines
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.telemetry.comparison.groups import RequestGroup, ToldDifference
from labctl.telemetry.comparison.own_times import OwnTime
from labctl.telemetry.comparison.requests import LEAST
from labctl.ui.kit.bars import Bar
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import BAD, BAR, DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.ui.why import words
from labctl.why.runs.cut import CutReason, SlowCut
from labctl.why.runs.explain_run import RunExplanation

_WIDE = 72                              # cells from which on there is room for bars
_FIGURES, _LEAST_NAME = 42, 12          # cells of the columns of figures, and of the first
_SHOWN_TIMES = 6
_LEAST_SHARE = 0.01
_STALLS = 4
_WARM_UP_S = 1.0
_KINDS = 5


def render(found: RunExplanation, now: float | None = None) -> RenderableType:
    """`now` is in Unix seconds."""
    title = _title(found, time.time() if now is None else now)
    return Lines(title, *_notes(found), Text(), *_slow(found), Text(), *_failed(found))


def _title(found: RunExplanation, now: float) -> Text:
    read = numbers.plural(found.requests, "request")
    if found.sent and found.sent != found.requests:
        read = f"the traces of {numbers.count(found.requests)} of {numbers.plural(found.sent, 'request')}"
    of = f" of {numbers.moment(found.started_s, now)} · {read}"
    title = Text.assemble(("Run ", "bold"), (visible(found.run_id), "bold"), (of, DIM))
    if found.median_ms is not None and found.slowest_ms is not None:
        title.append(f" · median {numbers.milliseconds(found.median_ms)}, slowest {numbers.milliseconds(found.slowest_ms)}", DIM)
    return title


def _notes(found: RunExplanation) -> Iterator[RenderableType]:
    if found.share < 1:
        yield _note(f"{numbers.percent(found.share, 1.0)} of the traces were read, chosen by their ids: the run is large")
    if found.since_sent:
        yield _note(
            f"half of the requests waited {numbers.milliseconds(found.wait_ms)} or longer for a worker before they were sent: "
            "what is slow is judged by the time since then",
        )
    if alone := found.one_at_a_time:
        yield _note(
            f"{visible(alone.operation.name)} took one request at a time, {numbers.percent(alone.share, 1.0)} of the run, while "
            f"{alone.in_flight:.1f} requests were in flight: the others waited for it, as when a step blocks the event loop",
        )
    if found.stalls:
        aside, moments = sum(len(one.requests) for one in found.stalls), [one.at_s - found.started_s for one in found.stalls]
        shown = ", ".join(map(_moment, moments[:_STALLS])) + (", …" if len(moments) > _STALLS else "")
        yield _note(
            f"{numbers.plural(aside, 'slow request')} excluded: at {shown} everything in flight became slow at once, as when a "
            "process or the machine pauses",
        )


def _moment(at_s: float) -> str:
    return f"{numbers.seconds(at_s)}{' (warm-up)' if at_s < _WARM_UP_S else ''}"


def _note(text: str) -> RenderableType:
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row(Text("!", WARN), text)
    return row


def _slow(found: RunExplanation) -> Iterator[RenderableType]:
    slow, cut = found.slow, found.cut
    if not slow.size or cut is None:
        yield Text.assemble(("Slow: ", "bold"), ("no request stands out", GOOD))
        return
    yield Text.assemble(("Slow: ", "bold"), _compared(slow, cut))
    yield from _differences(slow, "slow")
    if slow.own_times:
        yield Text()
        yield Padding(_Times(slow.own_times), (0, 0, 0, 2))


def _compared(slow: RequestGroup, cut: SlowCut) -> str:
    number, total, above = numbers.count(slow.size), numbers.count(slow.size + slow.rest), numbers.milliseconds(cut.above_ms)
    match cut.reason:
        case CutReason.SLOWEST:
            return f"no request stands out; the slowest 1 % are compared, {number} of {total} (above {above})"
        case CutReason.THRESHOLD:
            return f"the {number} of {total} beyond the run's threshold of {above} against the rest"
        case CutReason.CHOSEN:
            return f"the {number} of {total} above the chosen {above} against the rest"
    return f"the {number} slowest of {total} (above {above}) against the rest"


def _failed(found: RunExplanation) -> Iterator[RenderableType]:
    failed = found.failed
    if not failed.size:
        yield Text.assemble(("Failed: ", "bold"), ("none", GOOD))
        return
    most = sorted(found.failures.items(), key=lambda item: -item[1])
    kinds = ", ".join(f"{numbers.count(number)} × {visible(kind)}" for kind, number in most[:_KINDS])
    kinds += ", …" if len(most) > _KINDS else ""
    total = numbers.count(failed.size + failed.rest)
    yield Text.assemble(("Failed: ", "bold"), f"{numbers.count(failed.size)} of {total} against the rest: ", (kinds, BAD))
    if failed.within_s:
        begin, end = failed.within_s
        length = numbers.seconds(max(end - begin, 0.1))
        yield _note(f"nearly all of them within {length}, from {numbers.seconds(begin)} of the run on")
    yield from _differences(failed, "failed")


def _differences(group: RequestGroup, of: str) -> Iterator[RenderableType]:
    if group.needed:
        yield Text(f"too few to say what sets them apart: {LEAST} are needed, which a run of about "
                   f"{numbers.count(group.needed)} requests would have", WARN)
        return
    for told in group.told:
        yield _told(told, group, of)
    if not group.told:
        yield Text(f"nothing sets them apart: {numbers.count(group.looked_at)} conditions were compared, of attributes, "
                   "resources, spans, their self time and the time of the run", DIM)
        return
    yield Text(f"{numbers.count(group.looked_at)} conditions were compared, and p is corrected for their number", DIM)


def _told(told: ToldDifference, group: RequestGroup, of: str) -> RenderableType:
    found = told.difference
    lines: list[Text] = [Text(_headline(told, group), "bold"), Text(
        f"{numbers.count(found.group_with)} of {numbers.count(found.group)} {of} · {numbers.count(found.rest_with)} of "
        f"{numbers.count(found.rest)} others · {words.chance(found.p)}",
    )]
    if found.also:
        same = dict.fromkeys(words.condition(one) for one in found.also)
        lines.append(Text(f"they also have: {', '.join(same)}", DIM))
    lines.append(Text.assemble(("shown by: ", DIM), typed(f"labctl why {told.trace_id}")))
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row(Text("✗", BAD), Lines(*lines))
    return row


def _headline(told: ToldDifference, group: RequestGroup) -> str:
    condition = told.difference.condition
    if told.own_ms is not None:
        time = next(one for one in group.own_times if one.operation == condition.operation)
        return (f"{words.operation(time.operation)} takes {numbers.milliseconds(told.own_ms)} by itself, "
                f"{numbers.milliseconds(time.rest_ms)} in the others")
    return f"{words.condition(condition)} {words.place(condition)}".rstrip()


@dataclass(frozen=True, slots=True)
class _Times:
    """The operations that take longer, those that account for most of it first."""

    times: Sequence[OwnTime]

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= _WIDE
        table = new_table("median self time" if wide else "self time", "others", "slow", "longer (mean)")
        if wide:
            table.add_column()
        for column in table.columns[:4]:
            column.no_wrap = True
        table.columns[0].max_width = max(options.max_width - _FIGURES, _LEAST_NAME)
        for column in table.columns[1:4]:
            column.justify = "right"
        total = sum(max(one.longer_ms, 0.0) for one in self.times)
        for own in self.times[:_SHOWN_TIMES]:
            share = max(own.longer_ms, 0.0) / total if total else 0.0
            if share >= _LEAST_SHARE:
                bars = [Bar(share, BAR)] if wide else []
                table.add_row(
                    words.operation(own.operation), numbers.milliseconds(own.rest_ms), numbers.milliseconds(own.slow_ms),
                    f"{numbers.milliseconds(own.longer_ms)} {numbers.percent(share, 1.0):>6}", *bars,
                )
        yield table
