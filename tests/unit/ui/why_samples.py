"""Explanations of a run and of a trace, made up as a lab with one slow step and a failing route would give them."""

from typing import Final

from labctl.telemetry.comparison.conditions import Condition, ConditionSort, Relation
from labctl.telemetry.comparison.differences import GroupDifference
from labctl.telemetry.comparison.groups import RequestGroup, ToldDifference
from labctl.telemetry.comparison.own_times import OwnTime
from labctl.telemetry.comparison.requests import WAIT, Operation
from labctl.why.runs.cut import CutReason, SlowCut
from labctl.why.runs.explain_run import RunExplanation
from labctl.why.runs.stalls import Stall
from labctl.why.traces.trace_explanation import OtherRequests, SpanQuote, TimePart, TraceExplanation
from tests.unit.ui.samples import TRACE

_SERVICE: Final = "ai-inference-service"
CLIENT: Final = Operation("labctl", "POST", "client")
SERVER: Final = Operation(_SERVICE, "POST /predict/batch", "server")
INFERENCE: Final = Operation(_SERVICE, "model_inference", "internal")
FORMAT: Final = Operation(_SERVICE, "format_response", "internal")

_SLOW: Final = GroupDifference(
    Condition(ConditionSort.OWN_TIME, FORMAT, "", Relation.ABOVE, 0.3), 23, 23, 0, 2177, 3e-20, (), 0, 12,
)
_ROUTE: Final = GroupDifference(
    Condition(ConditionSort.ATTRIBUTE, SERVER, "http.route", Relation.IS, "/predict/batch"), 100, 100, 900, 2200, 4e-9,
    (Condition(ConditionSort.ATTRIBUTE, INFERENCE, "model.input.rows", Relation.AT_LEAST, 2),
     Condition(ConditionSort.RESOURCE, Operation(_SERVICE, "", ""), "k8s.pod.name", Relation.IS, "ai-lab-2-2-paid-7d9f-x2x4z"),
     Condition(ConditionSort.TIME, Operation("", "", ""), "", Relation.WITHIN, (60.2, 119.8))), 0, 30,
)
_TIMES: Final = (
    OwnTime(FORMAT, 402.1, 0.05, 0.09, 401.9, 0.0), OwnTime(INFERENCE, 101.2, 99.8, 114.0, 1.6, 0.0),
    OwnTime(CLIENT, 1.1, 0.8, 1.4, 0.3, 0.0),
)
_STARTED_S: Final = 1_800_000_000.0
AT: Final = _STARTED_S + 192         # when they are looked at
RUN: Final = RunExplanation(
    "9f3c2a1b00d1e2f3", 2300, 2310, 1.0, 0.05, False, 101.2, 519.8, SlowCut(241.0, CutReason.GAP),
    RequestGroup(23, 2177, (ToldDifference(_SLOW, TRACE.trace_id, 402.3),), 71, _TIMES),
    RequestGroup(100, 2200, (ToldDifference(_ROUTE, TRACE.trace_id, None),), 64),
    {"timeout": 3, "503 (model_inference: overflow)": 97},
    (Stall(1_800_000_012.4, tuple(range(12))), Stall(1_800_000_031.0, tuple(range(8)))), _STARTED_S,
)
TOO_FEW: Final = RunExplanation(
    "9f3c2a1b00d1e2f3", 500, None, 0.25, 6340.0, True, 6460.0, 8190.0, SlowCut(300.0, CutReason.CHOSEN), RequestGroup(3, 497),
    RequestGroup(0, 500), {}, (), _STARTED_S,
)
NOTHING: Final = RunExplanation(
    "9f3c2a1b00d1e2f3", 2000, 2000, 1.0, 0.05, False, 101.2, 119.8, SlowCut(118.0, CutReason.SLOWEST),
    RequestGroup(20, 1980, (), 70, (OwnTime(INFERENCE, 118.2, 99.8, 114.0, 18.2, 0.0),)), RequestGroup(0, 2000), {}, (),
    _STARTED_S,
)
EXPLAINED: Final = TraceExplanation(
    TRACE, "POST /predict", 503.4, OtherRequests.RUN, 1985, 101.2, 0.999, (
        TimePart(FORMAT, 402.0, 1, 1985, 0.05, 0.09, 1.0),
        TimePart(Operation(_SERVICE, "retry", "internal"), 12.0, 3, 2, None, None, None),
        TimePart(WAIT, 0.2, 0, 1985, 0.05, 0.1, 0.98), TimePart(CLIENT, 1.9, 1, 1985, 0.8, 1.4, 0.97),
        TimePart(INFERENCE, 98.3, 1, 1985, 99.8, 114.0, 0.42),
    ), (SpanQuote("format_response", 501.0, "ValueError: the weights are gone"), SpanQuote("retry", 12.0, "retry", {}, False)),
)
