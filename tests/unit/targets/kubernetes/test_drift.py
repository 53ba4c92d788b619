"""What others have changed or added, on a real Deployment, and how it is taken over so that the next apply removes it."""

from copy import deepcopy
from typing import Any

from labctl.targets.kubernetes.drift import additions, changed_by, changed_by_hand, contradictions, surplus, taken_over
from tests.unit.targets.kubernetes.real import read

NAME = "ai-lab-2-2-paid"
AT = "2026-11-26T01:00:00Z"


def of(file: str) -> dict[str, Any]:
    return next(item for item in read(file) if (item["kind"], item["metadata"]["name"]) == ("Deployment", NAME))


def with_variable() -> dict[str, Any]:
    """As `kubectl set env` leaves it."""
    live = deepcopy(of("healthy"))
    container = live["spec"]["template"]["spec"]["containers"][0]
    container["env"].append({"name": "OTEL_SDK_DISABLED", "value": "true"})
    fields: dict[str, Any] = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"service"}': {"f:env": {
        'k:{"name":"OTEL_SDK_DISABLED"}': {".": {}, "f:name": {}, "f:value": {}},
    }}}}}}}
    live["metadata"]["managedFields"].append({"manager": "kubectl-set", "operation": "Update", "time": AT, "fieldsV1": fields})
    return live


def test_what_the_api_server_and_the_controllers_fill_in_is_no_difference() -> None:
    wanted, live = of("desired"), of("healthy")
    assert [one for one in contradictions(wanted, live) if one.field not in {"apiVersion", "kind"}] == []
    assert list(additions(wanted, live)) == []
    assert not changed_by_hand(live)


def test_a_variable_that_was_added_is_named_with_who_and_when() -> None:
    live = with_variable()
    (found,) = additions(of("desired"), live)
    assert found.field == "spec.template.spec.containers[service].env[OTEL_SDK_DISABLED]"
    assert (found.wanted, found.live["value"]) == (None, "true")
    owner = changed_by(live, found.field)
    assert owner
    assert (owner.manager, owner.at) == ("kubectl-set", AT)
    assert changed_by_hand(live)


def test_a_restart_is_no_change() -> None:
    live = deepcopy(of("healthy"))
    annotations: dict[str, Any] = {"f:annotations": {"f:kubectl.kubernetes.io/restartedAt": {}}}
    fields = {"f:spec": {"f:template": {"f:metadata": annotations}}}
    entry = {"manager": "kubectl-rollout", "operation": "Update", "time": AT, "fieldsV1": fields}
    live["spec"]["template"]["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = AT
    live["metadata"]["managedFields"].append(entry)
    assert list(additions(of("desired"), live)) == []
    assert not changed_by_hand(live)


def test_what_is_taken_over_belongs_to_labctls_own_apply_and_to_nobody_else() -> None:
    live = with_variable()
    entries = taken_over(live)
    assert "kubectl-set" not in {entry["manager"] for entry in entries}
    (own,) = (entry for entry in entries if (entry["manager"], entry["operation"]) == ("labctl", "Apply"))
    env = own["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"service"}']["f:env"]
    assert {'k:{"name":"OTEL_SDK_DISABLED"}', 'k:{"name":"APP_ENV"}'} <= env.keys()


def test_what_an_earlier_apply_has_set_is_surplus_and_no_change_by_others() -> None:
    wanted, live = deepcopy(of("desired")), of("healthy")
    env = wanted["spec"]["template"]["spec"]["containers"][0]["env"]
    env[:] = [entry for entry in env if entry["name"] != "APP_ENV"]
    assert [one.field for one in surplus(wanted, live)] == ["spec.template.spec.containers[service].env[APP_ENV]"]
    assert list(additions(wanted, live)) == []
