from typing import Any

import pytest

from labctl.targets.kubernetes.workload import diagnosis
from labctl.targets.kubernetes.workload.observed import Observed, newest_pod


def observed(*pods: dict[str, Any], log: str = "", events: tuple[str, ...] = (), maps: set[str] | None = None) -> Observed:
    said = [
        {"reason": "Unhealthy", "message": text, "lastTimestamp": str(at), "involvedObject": {"uid": "u"}}
        for at, text in enumerate(events)
    ]
    return Observed(list(pods), said, None if maps is None else frozenset(maps), {"p": log})


def pod(status: dict[str, Any], **conditions: dict[str, str]) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "namespace": "n", "uid": "u", "creationTimestamp": "2026"},
        "spec": {"containers": [{"resources": {"limits": {"memory": "32Mi"}}}]},
        "status": {
            "containerStatuses": [{"image": "name:tag", "ready": False, **status}] if status else [],
            "conditions": [{"type": kind, **condition} for kind, condition in conditions.items()],
        },
    }


def cause(found: dict[str, Any], **seen: Any) -> diagnosis.Cause:
    return next(diagnosis.pod_causes("service", found, observed(found, **seen)))


@pytest.mark.parametrize("reason", sorted(diagnosis.IMAGE_REASONS))
def test_an_image_that_is_not_there_does_not_come_by_waiting(reason: str) -> None:
    found = cause(pod({"state": {"waiting": {"reason": reason, "message": "no such host"}}}))
    assert found.final
    assert "name:tag" in found.message
    assert found.seen == "no such host"


def test_a_crash_shows_its_last_lines() -> None:
    ended = {"terminated": {"exitCode": 3, "reason": "Error"}}
    found = cause(pod({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended}), log="ValueError: no")
    assert (found.final, found.seen) == (True, "ValueError: no")
    assert "exit code 3" in found.message


def test_a_limit_that_was_too_small_is_named() -> None:
    killed = {"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
    found = cause(pod(killed))
    assert found.final
    assert "32Mi" in found.message
    assert "memory" in found.hint


def test_a_probe_that_fails_is_shown_with_its_last_answer_and_waited_for() -> None:
    running = pod({"state": {"running": {}}})
    found = cause(running, events=("refused", "HTTP probe failed with statuscode: 503"))
    assert (found.final, found.seen) == (False, "HTTP probe failed with statuscode: 503")


def test_a_pod_that_fits_nowhere() -> None:
    found = cause(pod({}, PodScheduled={"status": "False", "message": "0/1 nodes are available: 1 Insufficient cpu."}))
    assert found.final


def test_a_pod_that_is_fine_has_no_cause() -> None:
    for found in (pod({"state": {"running": {}}, "ready": True}), pod({"state": {"running": {}}})):
        assert not list(diagnosis.pod_causes("service", found, observed(found)))


def test_the_newest_pod_that_is_not_going() -> None:
    def of(name: str, at: str, **meta: str) -> dict[str, Any]:
        return {"metadata": {"name": name, "creationTimestamp": at, "labels": {"app": "a"}, **meta}}

    deployment = {"spec": {"selector": {"matchLabels": {"app": "a"}}}}
    other = {"metadata": {"name": "other", "labels": {}}}
    found = newest_pod(deployment, [of("old", "1"), of("new", "2"), of("going", "3", deletionTimestamp="4"), other])
    assert found
    assert found["metadata"]["name"] == "new"
