"""What sets the slow and the failed requests of a run apart: each difference with its figures and a trace that shows it."""

from collections.abc import Iterator, Sequence

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.ui.kit.bars import Bar
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import BAD, BAR, DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table
from labctl.ui.why import words
from labctl.why.runs.cut import LEAST, CutReason, SlowCut
from labctl.why.runs.explain_run import RequestGroup, RunExplanation, ToldDifference
from labctl.why.runs.own_times import OwnTime

_SHOWN_TIMES = 6
_LEAST_SHARE = 0.01
_STALLS = 4


def render(found: RunExplanation) -> RenderableType:
    return Lines(_title(found), *_notes(found), Text(), *_slow(found), Text(), *_failed(found))


def _title(found: RunExplanation) -> Text:
    read = numbers.plural(found.requests, "request")
    if found.sent and found.sent != found.requests:
        read = f"the traces of {numbers.count(found.requests)} of {numbers.plural(found.sent, 'request')}"
    title = Text.assemble(("Run ", "bold"), (visible(found.run_id), "bold"), (f" · {read}", DIM))
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
    if found.stalls:
        aside, moments = sum(len(one.requests) for one in found.stalls), [one.at_s - found.started_s for one in found.stalls]
        shown = ", ".join(numbers.seconds(one) for one in moments[:_STALLS]) + (", …" if len(moments) > _STALLS else "")
        yield _note(
            f"{numbers.plural(aside, 'slow request')} left aside: {numbers.plural(len(moments), 'time')} (at {shown}) everything "
            "in flight became slow at once, as in a pause of a process or of the machine",
        )


def _note(text: str) -> RenderableType:
    return Text.assemble(("! ", WARN), text)


def _slow(found: RunExplanation) -> Iterator[RenderableType]:
    slow, cut = found.slow, found.cut
    if not slow.size or cut is None:
        yield Text.assemble(("Slow: ", "bold"), ("no request stands out", GOOD))
        return
    yield Text.assemble(("Slow: ", "bold"), _compared(slow, cut))
    yield from _differences(slow, "slow")
    if slow.own_times:
        yield Text()
        yield Padding(_times(slow.own_times), (0, 0, 0, 2))


def _compared(slow: RequestGroup, cut: SlowCut) -> str:
    number, total, above = numbers.count(slow.size), numbers.count(slow.size + slow.rest), numbers.milliseconds(cut.above_ms)
    match cut.reason:
        case CutReason.SLOWEST:
            return f"no request stands out; the slowest 1 %, {number} of {total} (above {above}), against the rest"
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
    kinds = ", ".join(f"{visible(kind)} ({numbers.count(number)})" for kind, number in found.failures.items())
    total = numbers.count(failed.size + failed.rest)
    yield Text.assemble(("Failed: ", "bold"), f"{numbers.count(failed.size)} of {total} against the rest: ", (kinds, BAD))
    yield from _differences(failed, "failed")


def _differences(group: RequestGroup, of: str) -> Iterator[RenderableType]:
    if group.needed:
        yield Text(f"  too few to say what sets them apart: {LEAST} are needed, which a run of about "
                   f"{numbers.count(group.needed)} requests would have", WARN)
        return
    for told in group.told:
        yield from _told(told, group, of)
    if not group.told:
        yield Text(f"  nothing sets them apart: {numbers.count(group.looked_at)} conditions were compared "
                   "(attributes, resources, spans, their own time, the time of the run)", DIM)
        return
    yield Text(f"  of {numbers.count(group.looked_at)} conditions compared; p is corrected for their number", DIM)


def _told(told: ToldDifference, group: RequestGroup, of: str) -> Iterator[RenderableType]:
    found = told.difference
    yield Text.assemble(("✗ ", BAD), (_headline(told, group), "bold"))
    figures = (f"{numbers.count(found.group_with)} of {numbers.plural(found.group, of, of)}, {numbers.count(found.rest_with)} of "
               f"{numbers.count(found.rest)} others · {words.chance(found.p)}")
    yield Padding(Text(figures), (0, 0, 0, 4))
    if found.also:
        same = list(dict.fromkeys(words.condition(one) for one in found.also))
        yield Padding(Text(f"so have they: {', '.join(same)}", DIM), (0, 0, 0, 4))
    yield Padding(Text(typed(f"labctl why {told.trace_id}")), (0, 0, 0, 4))


def _headline(told: ToldDifference, group: RequestGroup) -> str:
    condition = told.difference.condition
    if told.own_ms is not None:
        time = next(one for one in group.own_times if one.operation == condition.operation)
        return (f"{words.operation(time.operation)}: {numbers.milliseconds(told.own_ms)} by itself, "
                f"{numbers.milliseconds(time.rest_ms)} in the others")
    return f"{words.condition(condition)} {words.place(condition)}".rstrip()


def _times(times: Sequence[OwnTime]) -> Table:
    """The operations that take longer, those that account for most of it first."""
    table = new_table("median time by itself", "others", "slow", "longer on average", "")
    for column in table.columns[1:4]:
        column.justify = "right"
        column.no_wrap = True
    table.columns[0].overflow = "ellipsis"
    total = sum(max(one.longer_ms, 0.0) for one in times)
    for time in times[:_SHOWN_TIMES]:
        share = max(time.longer_ms, 0.0) / total if total else 0.0
        if share >= _LEAST_SHARE:
            table.add_row(
                words.operation(time.operation), numbers.milliseconds(time.rest_ms), numbers.milliseconds(time.slow_ms),
                f"{numbers.milliseconds(time.longer_ms)}  {numbers.percent(share, 1.0):>5}", Bar(share, BAR),
            )
    return table
