"""The switches of a lab in a cluster: recorded at the Namespace, and explained object by object."""

import json
from dataclasses import replace

from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes import recorded
from labctl.targets.kubernetes.names import SWITCHES
from labctl.targets.kubernetes.workload import manifests, switched
from tests.unit.targets.kubernetes.workload.test_manifests import IMAGES, spec


def objects(**switches: str) -> list[dict[str, object]]:
    given = replace(spec(), switches=switches)
    return manifests.desired_objects(given, default_names(given), IMAGES, "kind")


def test_what_is_on_is_recorded_at_the_namespace_alone() -> None:
    plain, found = objects(), objects(sampling="10%")
    assert recorded.switches(found[0]) == {"sampling": "10%"}
    assert recorded.switches(plain[0]) == {}
    changed = {(item["kind"], item["metadata"]["name"]) for item in found if item not in plain}  # type: ignore[index]
    assert changed == {
        ("Namespace", "second"), ("ConfigMap", "otel-collector-config"), ("Deployment", "otel-collector"),
    }


def test_an_explanation_shows_no_secret() -> None:
    given = spec(OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20hunter2")
    plain, wanted = (replace(given, switches=on) for on in ({}, {"sampling": "head:10%"}))
    before, after = (manifests.desired_objects(one, default_names(one), IMAGES, "kind") for one in (plain, wanted))
    [change] = switched.explain(before, after)
    assert "OTEL_EXPORTER_OTLP_HEADERS" in change.after
    assert "hunter2" not in change.before + change.after


def test_a_record_that_is_not_ours_is_left_alone() -> None:
    for text in ("{", "[]", json.dumps({"later": "on"})):
        assert recorded.switches({"metadata": {"annotations": {SWITCHES: text}}}) == {}
    assert recorded.switches(None) == {}


def test_an_explanation_has_the_texts_and_no_hashes() -> None:
    changes = switched.explain(objects(), objects(sampling="10%"))
    names = [change.name for change in changes]
    assert names == ["collector.yaml of the ConfigMap otel-collector-config", "Deployment otel-collector"]
    assert not any("labctl.dev/applied" in change.after or "labctl.dev/config" in change.after for change in changes)
    assert "processors: [memory_limiter, probabilistic_sampler, batch]" in changes[0].after
    assert switched.explain(objects(), objects()) == []
