"""What the overview shows of what the viewer was told, also where that is nonsense."""

from typing import Any

import pytest

from labctl.host.http import get
from labctl.viewer_client.annotations import Annotation, AnnotationKind, tell
from tests.viewer import Viewer

RUN = {"run_id": "ab", "planned": 100, "sent": 40, "answered": 30, "failed": 2, "answer_rate": 9.5,
       "latency_ms": {"p50": 5, "p99": None}}
SUMMARY = {"planned": 100, "sent": 99, "successful": 90, "failed": 9, "rate": 9.0,
           "latency": {"count": 90, "p50": 4.0, "p99": 8.0}}
LEDGER = {"expected_spans": 500, "lost": [{"hop": "service → collector", "spans": 7}]}


def told(viewer: Viewer) -> dict[str, Any]:
    answer = get(f"{viewer.url}/api/page/told")
    assert answer.status == 200, answer.body
    return dict(answer.json())


def test_runs_findings_faults_and_rollouts(tmp_path: Any) -> None:
    viewer = Viewer(tmp_path)
    try:
        assert told(viewer) == {"runs": [], "findings": None, "faults": [], "rollouts": [], "alerts": []}
        before = get(f"{viewer.url}/api/page/now").json()["told"]
        found = [{"kind": "cause", "component": "service", "message": "m", "remedy": "labctl up", "evidence": []}]
        tell(
            viewer.url, Annotation(AnnotationKind.RUN, "ab", 10.0, "run ab", data=RUN),
            Annotation(AnnotationKind.RUN, "cd", 20.0, "run cd", 30.0, {
                **RUN, "summary": SUMMARY, "ledger": LEDGER, "slo": [{"threshold": "p99 < 5 ms", "met": False}]}),
            Annotation(AnnotationKind.FAULT, "f", 5.0, "wrong-port", data={"until": 99.0}),
            Annotation(AnnotationKind.FAULT, "g", 5.0, "gone", 6.0),
            Annotation(AnnotationKind.ROLLOUT, "r", 5.0, "service started", 6.0),
            Annotation(AnnotationKind.FINDINGS, "lab", 7.0, "m", 7.0, {"healthy": False, "findings": found}),
        )
        seen = told(viewer)
        assert get(f"{viewer.url}/api/page/now").json()["told"] != before
        ended, along = seen["runs"]
        assert (along["end"], along["sent"], along["answered"], along["failed"], along["rate"]) == (None, 40, 30, 2, 9.5)
        assert (along["p50_ms"], along["p99_ms"], along["latency_count"], along["lost"]) == (5, None, None, None)
        assert (ended["sent"], ended["answered"], ended["rate"]) == (99, 99, 9.0)
        assert (ended["p99_ms"], ended["latency_count"]) == (8.0, 90)
        assert (ended["missed"], ended["lost"]) == (["p99 < 5 ms"], [{"hop": "service → collector", "spans": 7}])
        assert seen["faults"] == [{"title": "wrong-port", "secret": False, "begin": 5.0, "until": 99.0}]
        assert seen["findings"]["findings"] == [{"kind": "cause", "component": "service", "message": "m", "remedy": "labctl up"}]
        assert [one["title"] for one in seen["rollouts"]] == ["service started"]
    finally:
        viewer.kill()


@pytest.mark.parametrize(("begin", "end", "changed"), [
    (5.0, 6.0, False), (5.0, None, False), (5.0, 8.0, True), (8.0, None, True)])
@pytest.mark.parametrize("kind", [AnnotationKind.FAULT, AnnotationKind.ROLLOUT])
def test_findings_are_of_another_lab_once_a_fault_began_or_ended(
    viewer: Viewer, kind: AnnotationKind, begin: float, end: float | None, changed: bool,
) -> None:
    tell(viewer.url, Annotation(AnnotationKind.FINDINGS, "lab", 7.0, "m", 7.0, {"healthy": False, "findings": []}),
         Annotation(kind, "f", begin, "it", end))
    assert told(viewer)["findings"]["changed"] is changed


def test_a_fault_that_goes_on_is_told_of_however_many_came_after_it(tmp_path: Any) -> None:
    viewer = Viewer(tmp_path)
    try:
        ended = [Annotation(AnnotationKind.FAULT, f"{at}", at, "ended", at + 1.0) for at in range(2, 9)]
        assert tell(viewer.url, Annotation(AnnotationKind.FAULT, "1", 1.0, "fault 1"), *ended)
        assert [one["title"] for one in told(viewer)["faults"]] == ["fault 1"]
    finally:
        viewer.kill()


def test_nonsense_in_its_data_is_unknown(tmp_path: Any) -> None:
    viewer = Viewer(tmp_path)
    try:
        for data in (
            {"summary": [], "ledger": 5, "slo": "x"}, {"summary": {"latency": 1, "failed": "9"}, "ledger": {"lost": [None, {}]}},
            {"run_id": {"a": 1}, "planned": True, "slo": [1, {"met": False}]},
            {"summary": {"successful": 1e308, "failed": 1e308, "latency": {"p50": -5}}, "ledger": {"lost": [{"hop": {}}]}},
        ):
            found = {"findings": [1, {"message": []}], **data}
            assert tell(viewer.url, Annotation(AnnotationKind.RUN, "x", 1.0, "t", data=data))
            assert tell(viewer.url, Annotation(AnnotationKind.FINDINGS, "lab", 1.0, "t", data=found))
            [run] = told(viewer)["runs"]
            assert (run["planned"], run["failed"], run["p50_ms"], run["expected_spans"]) == (None, None, None, None)
    finally:
        viewer.kill()
