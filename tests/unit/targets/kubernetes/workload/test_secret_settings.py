"""Settings that may be secret are in a Secret, and found again in it."""

import json
from dataclasses import replace
from pathlib import Path

from labctl.components import DEFAULT_PORTS
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.workload import manifests, secret_settings
from tests.driver import ROOT

PLAIN = {"DEFAULT_LATENCY_MS": "7"}
SECRET = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer s3same-0pen", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://u:s3same-0pen@h:4317"}


def spec(settings: dict[str, str]) -> LabSpec:
    return LabSpec("x", ROOT, Path("/nowhere"), DEFAULT_PORTS, settings, 1, 1)


def desired(settings: dict[str, str]) -> list[dict[str, object]]:
    lab = spec(settings)
    return manifests.desired_objects(lab, default_names(lab), {}, "kind")


def test_no_other_object_holds_the_value() -> None:
    objects = desired(PLAIN | SECRET)
    assert "s3same-0pen" not in json.dumps(objects)
    [secret] = [item for item in objects if item["kind"] == "Secret"]
    assert secret_settings.values([secret]) == SECRET


def test_without_one_there_is_no_secret() -> None:
    assert [item for item in desired(PLAIN) if item["kind"] == "Secret"] == []


def test_the_pods_template_changes_with_the_value() -> None:
    one, same, other = (json.dumps([item for item in desired(each) if item["kind"] == "Deployment"])
                        for each in (SECRET, SECRET, {**SECRET, "OTEL_EXPORTER_OTLP_HEADERS": "x=another-value"}))
    assert one == same != other


def test_a_running_labs_settings_are_found_again() -> None:
    lab = spec(PLAIN | SECRET)
    live = manifests.desired_objects(lab, default_names(lab), {}, "kind")
    plain = manifests.desired_objects(replace(lab, service_env={}), default_names(lab), {}, "kind")
    deployments, secrets = ([item for item in live if item["kind"] == kind] for kind in ("Deployment", "Secret"))
    assert manifests.settings_of(deployments, secrets, plain)["service_env"] == PLAIN | SECRET


def test_a_variable_with_a_secret_in_its_value_is_in_the_secret_too() -> None:
    settings = {"OTEL_RESOURCE_ATTRIBUTES": "team=a,db.password=hunter2hunter2", "OTEL_SERVICE_NAME": "shop"}
    assert list(secret_settings.secret_ones(settings)) == ["OTEL_RESOURCE_ATTRIBUTES"]
