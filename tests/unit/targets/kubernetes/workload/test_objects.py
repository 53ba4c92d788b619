"""Applying: what an API server that has just begun cannot do yet is tried again, what it rejects is told at once.

So is a change by labctl of what somebody else has changed at the same moment.
"""

from dataclasses import dataclass, field
from typing import cast

import pytest

from labctl.errors import LabError
from labctl.targets.kubernetes.kube import ApiError, Kube, Object, path_of
from labctl.targets.kubernetes.workload import objects

NAME: Object = {"name": "otel-collector", "namespace": "lab", "annotations": {}}
SERVICE: Object = {"apiVersion": "v1", "kind": "Service", "metadata": NAME, "spec": {}}
NO_ADDRESSES = "Internal error occurred: failed to allocate a serviceIP: range is full"     # of a real API server's first second


@dataclass
class Server:
    """Answers with these errors, one for each request, then accepts."""

    errors: list[ApiError]
    asked: int = 0
    applied: list[Object] = field(default_factory=list)

    def apply(self, item: Object) -> Object:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        self.applied.append(item)
        return item


def applied(server: Server) -> list[Object]:
    return objects.apply(cast(Kube, server), [SERVICE], {})


def refusal(status: int, reason: str) -> ApiError:
    return ApiError(status, f"the API server answered {status} to PATCH", detail=NO_ADDRESSES, reason=reason)


def test_an_error_of_the_server_itself_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "LOOK_EVERY_S", 0.0)
    server = Server([refusal(500, "InternalError"), refusal(503, "ServiceUnavailable")])
    assert applied(server) == server.applied == [SERVICE]


def test_an_error_that_lasts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "SERVER_ERROR_S", 0.0)
    with pytest.raises(LabError, match="the cluster fails to store the Service otel-collector") as told:
        applied(Server([refusal(500, "InternalError")] * 9))
    assert NO_ADDRESSES in told.value.detail


@pytest.mark.parametrize(("status", "reason"), [(422, "Invalid"), (500, "")])      # the second: a patch of a wrong shape
def test_what_the_server_rejects_is_sent_once(status: int, reason: str) -> None:
    server = Server([refusal(status, reason)])
    with pytest.raises(LabError, match="rejects"):
        applied(server)
    assert server.asked == 1


def by_hand(version: int) -> Object:
    """The Service with a field that kubectl has added, after so many changes."""
    added = {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:sessionAffinity": {}}}}
    metadata = {**NAME, "resourceVersion": str(version), "managedFields": [added]}
    return {**SERVICE, "metadata": metadata, "spec": {"sessionAffinity": "ClientIP"}}


@dataclass
class ChangingServer(Server):
    """One at which a controller changes the object until it has so many changes."""

    version: int = 1
    last: int = 3
    taken_over: list[Object] = field(default_factory=list)

    def patch(self, where: str, change: Object) -> Object:
        if self.version < self.last:
            self.version += 1
        if change["metadata"]["resourceVersion"] != str(self.version):
            raise ApiError(409, "the API server answered 409 to PATCH", reason="Conflict")
        self.taken_over.append(change)
        return change

    def get(self, where: str) -> Object:
        return by_hand(self.version)


def test_an_object_that_a_controller_changes_meanwhile_is_read_again() -> None:
    server = ChangingServer([])
    live = by_hand(1)
    objects.apply(cast(Kube, server), [SERVICE], {path_of(SERVICE): live})
    [change] = server.taken_over
    assert [entry["manager"] for entry in change["metadata"]["managedFields"]] == ["labctl"]
    assert server.applied == [SERVICE]


def test_an_object_that_never_rests_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "CHANGING_S", 0.0)
    with pytest.raises(ApiError, match="409"):
        objects.apply(cast(Kube, ChangingServer([], last=10**9)), [SERVICE], {path_of(SERVICE): by_hand(1)})
