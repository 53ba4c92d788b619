"""The account of spans: per trace and span, each kind of request, and in words."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from labctl.load.ledger.account import Account
from labctl.load.ledger.hops import Hop, HopLoss, Missing
from labctl.load.ledger.ledger import Ledger
from labctl.load.ledger.not_stored_yet import NotStoredYet
from labctl.load.ledger.sampled_out import Basis, SampledOut, TailCounts
from labctl.load.measure.outcomes import UNANSWERED, UNSENT, Outcomes
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.trace_ids import index_of, trace_id
from labctl.model import TRACE
from labctl.switches.trace_id_sampling import keeps, threshold
from labctl.telemetry.trace import RunSpan

RUN = "ab" * 8
PLAN = LoadPlan("http://127.0.0.1:9002/predict", run_id=RUN)


def outcomes(*statuses: int, sent_s: float = 0.0, acknowledged: bool = True) -> Outcomes:
    found = Outcomes()
    for turn, status in enumerate(statuses):
        found.record(turn, status, sent_s + turn)
    if acknowledged:
        found.acknowledge(range(len(statuses)))
    return found


def spans(*indexes: int, names: tuple[str, ...] = ("POST", *TRACE)) -> Iterator[RunSpan]:
    for index in indexes:
        for name in names:
            kind, service = {"POST": ("client", "labctl"), TRACE[0]: ("server", "ai")}.get(name, ("internal", "ai"))
            yield RunSpan(trace_id(RUN, index), f"{hash(name) & 2**64 - 1:016x}", service, name, kind)


@pytest.mark.parametrize("index", [1, 2, 255, 256, 257, 65_536, 10**6, 2**40])
def test_an_index_is_found_by_its_trace_id(index: int) -> None:
    assert index_of(trace_id(RUN, index)) == index


def test_everything_is_there() -> None:
    account = Account(PLAN, [outcomes(200, 200)])
    account.see(spans(1, 2))
    assert (account.missing, account.spans, account.traces, account.other_spans) == (0, 10, 2, 0)
    assert account.lost(None) == Missing(0, 0, 0)


def test_a_surplus_never_makes_up_for_a_loss() -> None:
    account = Account(PLAN, [outcomes(200, 200)])
    account.see([*spans(1), *spans(1, names=TRACE), *spans(2, names=("POST", *TRACE[:2]))])
    assert (account.missing, account.other_spans) == (2, 4)
    assert account.lost(None).service == 2


def test_a_request_without_an_answer_may_have_made_spans_or_not() -> None:
    account = Account(PLAN, [outcomes(200, UNANSWERED, UNANSWERED, UNSENT)])
    account.see([*spans(1, 2), *spans(3, 4, names=("POST",))])
    assert (account.answered, account.unanswered, account.expected_spans) == (1, 2, 5 + 3)
    assert (account.missing, account.other_spans) == (0, 4)


def test_what_is_not_a_prediction_makes_fewer_spans() -> None:
    pool = [Request("a", "POST", "/predict"), Request("b", "GET", "/nothing"), Request("c", "GET", "/health")]
    account = Account(LoadPlan("http://127.0.0.1:9002/predict", run_id=RUN, pool=pool), [outcomes(400, 404, 200, 200)])
    assert account.expected_spans == (1 + 2) + (1 + 1) + 1 + 5


def test_several_generators_take_turns() -> None:
    account = Account(PLAN, [outcomes(200, 200), outcomes(200, UNSENT)])
    account.see(spans(1, 2, 3, names=("POST", *TRACE)))
    assert (account.missing, account.expected_spans) == (1, 16)


@pytest.mark.parametrize(("sampling", "basis"), [("25%", Basis.TRACE_ID), ("head:25%", Basis.FLAG)])
def test_what_a_decision_on_the_trace_id_leaves_out_is_not_missed(sampling: str, basis: Basis) -> None:
    account = Account(replace(PLAN, sampling=sampling), [outcomes(*[200] * 400), outcomes(*[400] * 400)])
    limit = threshold(0.25)
    kept = [index for index in range(1, 801) if keeps(trace_id(RUN, index), limit)]
    account.see(spans(*kept[1:]))
    left_out = account.sampled_out(TailCounts())
    assert left_out is not None
    assert (left_out.traces, left_out.basis, left_out.exact) == (800 - len(kept), basis, True)
    assert account.expected_spans == sum(5 if index % 2 else 3 for index in kept)
    assert account.missing == (5 if kept[0] % 2 else 3)
    dropped = next(index for index in range(1, 801) if index not in kept)
    account.see(spans(dropped, names=("POST",)))        # the sampler has not done what it was told to
    assert account.other_spans == 1 + sum(2 for index in kept[1:] if not index % 2)


def test_tail_sampling_leaves_out_as_many_traces_as_the_collector_has_counted_and_no_error() -> None:
    plan = replace(PLAN, sampling="tail:errors,5%")
    given = outcomes(*[200] * 8, 500, 500)
    for not_kept, lost in ((7, 0), (5, 2), (9, 0)):
        account = Account(plan, [given])
        account.see(spans(1, 9, 10))
        left_out = account.sampled_out(TailCounts(received=10, not_kept=not_kept))
        assert left_out is not None
        assert (left_out.traces, left_out.exact, account.missing) == (7 - lost, True, 5 * lost)
    account = Account(plan, [given])
    account.see(spans(1, 9))
    left_out = account.sampled_out(TailCounts(received=12, not_kept=9))
    assert left_out is not None
    assert (left_out.traces, left_out.unsure, account.missing) == (7, 2, 3)
    unknown = Account(plan, [given]).sampled_out(TailCounts())
    assert unknown is not None
    assert (unknown.traces, unknown.unsure) == (8, 8)


def test_a_client_span_is_told_by_its_acknowledgement_and_the_services_by_when_they_were_made() -> None:
    account = Account(PLAN, [outcomes(200, 200, 200, acknowledged=False)])
    account.see(spans(1))
    assert account.lost(2.0) == Missing(unacknowledged=2, acknowledged=0, service=8, too_late=4)


def test_outcomes_go_through_a_pipe() -> None:
    given = outcomes(200, UNANSWERED, 503)
    assert Outcomes.read(given.as_json()) == given


def test_in_words() -> None:
    whole = Ledger(10, 0, 10, 50, 50, 0, ())
    assert whole.text() == "10 requests · 10 traces · 50 spans, nothing lost"
    assert not whole.remarks()
    later = Ledger(10, 0, 9, 45, 50, 0, (), NotStoredYet(5, "the viewer cannot store: disk is full"))
    assert later.text() == "10 requests · 9 traces · 45 spans of 50; not stored yet: 5, the viewer cannot store: disk is full"
    (remark,) = later.remarks()
    assert remark.startswith("5 spans of 50 not stored yet")
    assert remark.endswith("Next: labctl status")
    some = Ledger(10, 0, 1, 5, 5, 0, (), sampled_out=SampledOut(9, 45, Basis.TRACE_ID))
    assert some.text() == "10 requests · 1 traces · 5 spans, nothing lost; sampled out: 9 traces with 45 spans, by the trace ids"
    unsure = Ledger(10, 0, 1, 5, 5, 0, (), sampled_out=SampledOut(9, 45, Basis.COUNTERS, 2))
    assert unsure.text().endswith("by the collector's counters, up to 2 of them possibly lost")
    lost = Ledger(10, 2, 12, 48, 52, 3, (HopLoss(Hop.SERVICE, 3), HopLoss(Hop.UNKNOWN, 1)))
    assert "48 spans of 52; lost: 3 service → collector, 1 unknown hop; 2 unanswered" in lost.text()
    assert lost.remarks() == ["4 spans of 52 lost: 3 service → collector, 1 unknown hop. Next: labctl why"]
