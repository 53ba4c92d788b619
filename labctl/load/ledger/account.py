"""Compares, span by span, what a run must have made with what the viewer has stored."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from labctl.load.ledger.hops import Missing
from labctl.load.ledger.sampled_out import Basis, SampledOut, TailCounts, keeps, must_keep
from labctl.load.measure.outcomes import FIRST_STATUS, UNSENT, Outcomes
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.request_mix import RequestOrder
from labctl.load.plan.trace_ids import index_of
from labctl.model import TRACE
from labctl.switches.sampling import Where
from labctl.telemetry.trace import RunSpan

CLIENT: Final = "labctl"
PREDICTIONS: Final = frozenset({"POST /predict", "POST /predict/batch"})
PROBES: Final = frozenset({"/health", "/ready"})        # which the service does not trace
_SERVER, _CLIENT = 1, 128               # bits of a request's spans; the bits between are the steps of a prediction
_STEPS: Final = {name: _SERVER << place for place, name in enumerate(TRACE[1:], 1)}
_REFUSED: Final = _SERVER | _STEPS[TRACE[1]]            # the spans that a refused prediction has at least
_ANSWERED: Final = _SERVER | sum(_STEPS.values())
_SUCCESS: Final = range(200, 300)


class Account:
    """The run's requests by index from 1, and which spans of each were seen. `outcomes` are by generator process."""

    def __init__(self, plan: LoadPlan, outcomes: Sequence[Outcomes], *, traced: bool = True) -> None:
        """Not `traced`: the service makes no spans. Spans of traces that sampling leaves out by their id are not expected."""
        self._outcomes, self._traced = outcomes, traced
        self._order, self._policy = RequestOrder(plan), plan.policy
        self._left_out: list[int] = []          # the number of spans of each trace that is left out
        self._expected = [bytearray(self._bits(part, first)) for first, part in enumerate(outcomes)]
        self.expected_spans = sum(bits.bit_count() for part in self._expected for bits in part)
        self.answered = sum(status >= FIRST_STATUS for part in outcomes for status in part.statuses)
        self.unanswered = sum(status < UNSENT for part in outcomes for status in part.statuses)
        self.clear()

    def clear(self) -> None:
        """Forget all spans that were seen."""
        self._seen = [bytearray(len(part)) for part in self._expected]
        self._traces: set[int] = set()
        self.spans = self.other_spans = 0

    @property
    def traces(self) -> int:
        return len(self._traces)

    @property
    def missing(self) -> int:
        return self.expected_spans - self.spans

    def see(self, stored: Iterable[RunSpan]) -> None:
        """Mark spans of the run that the viewer has."""
        for span in stored:
            index = index_of(span.trace_id)
            self._traces.add(index)
            process, turn = (index - 1) % len(self._seen), (index - 1) // len(self._seen)
            seen, bit = self._seen[process], _bit(span)
            if turn < len(seen) and bit & self._expected[process][turn] & ~seen[turn]:
                seen[turn] |= bit
                self.spans += 1
            else:
                self.other_spans += 1

    def lost(self, gone_since_s: float | None) -> Missing:
        """The missing spans; `gone_since_s`: when the collector went away for good, in seconds after the run's start."""
        found = dict.fromkeys(("unacknowledged", "acknowledged", "service", "too_late"), 0)
        for part, turn, bits in self._gaps():
            if bits & _CLIENT:
                found["acknowledged" if part.acknowledged[turn] else "unacknowledged"] += 1
            steps = (bits & ~_CLIENT).bit_count()
            found["service"] += steps
            found["too_late"] += steps if gone_since_s is not None and part.sent_s[turn] >= gone_since_s else 0
        return Missing(**found)

    def sampled_out(self, tail: TailCounts) -> SampledOut | None:
        """None where all traces are kept. What tail sampling has left out by the counters is not expected from here on."""
        if self._policy is None:
            return None
        if self._policy.where is not Where.TAIL:
            basis = Basis.FLAG if self._policy.where is Where.HEAD else Basis.TRACE_ID
            return SampledOut(len(self._left_out), sum(self._left_out), basis)
        self._leave_out(tail.not_kept)
        unsure = max(tail.received - sum(map(len, self._expected)), 0) + tail.undecided_before
        return SampledOut(len(self._left_out), sum(self._left_out), Basis.COUNTERS, min(unsure, len(self._left_out)))

    def _leave_out(self, most: float) -> None:
        """At most so many of the traces of which nothing has come, and which no policy has to keep."""
        assert self._policy
        for part, expected, seen in zip(self._outcomes, self._expected, self._seen, strict=True):
            for turn, (bits, some) in enumerate(zip(expected, seen, strict=True)):
                if bits and not some and len(self._left_out) < most and not must_keep(self._policy, part.statuses[turn]):
                    self._left_out.append(bits.bit_count())
                    self.expected_spans -= bits.bit_count()
                    expected[turn] = 0

    def _gaps(self) -> Iterator[tuple[Outcomes, int, int]]:
        for part, expected, seen in zip(self._outcomes, self._expected, self._seen, strict=True):
            for turn, (all_bits, some) in enumerate(zip(expected, seen, strict=True)):
                if bits := all_bits & ~some:
                    yield part, turn, bits

    def _bits(self, part: Outcomes, first: int) -> Iterator[int]:
        routes, kept = [_bits_by_status(route) if self._traced else (0, 0) for route in self._order.routes], keeps(self._policy)
        for turn, status in enumerate(part.statuses):
            index = 1 + first + turn * len(self._outcomes)
            refused, answered = routes[self._order.of(index)] if status >= FIRST_STATUS else (0, 0)
            bits = _CLIENT | (answered if status in _SUCCESS else refused)
            if not kept(index):
                self._left_out.append(bits.bit_count())
                bits = 0
            yield bits


def _bits_by_status(route: str) -> tuple[int, int]:
    """The spans that the service makes for an unsuccessful answer, and for a successful one."""
    if route in PREDICTIONS:
        return _REFUSED, _ANSWERED
    made = 0 if route.partition(" ")[2] in PROBES else _SERVER
    return made, made


def _bit(span: RunSpan) -> int:
    if span.service == CLIENT:
        return _CLIENT
    return _STEPS.get(span.name) or (_SERVER if span.kind == "server" else 0)
