import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import Refused
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.drift import differs
from labctl.targets.kubernetes.names import APPLIED, CONFIG, LAB
from labctl.targets.kubernetes.workload import manifests

ROOT = Path(__file__).resolve().parents[5]
IMAGES = {"service": "ai-lab-2-2-paid:abc", "viewer": "ai-lab-2-2-viewer:def"}


def spec(project: Path = ROOT, **env: str) -> LabSpec:
    return LabSpec("second", project, Path("/nowhere"), DEFAULT_PORTS, env, 1234, 60)


def objects(project: Path = ROOT, **env: str) -> Any:
    given = spec(project, **env)
    found = manifests.desired_objects(given, default_names(given), IMAGES, "kind")
    return {(item["kind"], item["metadata"]["name"]): item for item in found}


def container(found: Any, name: str) -> Any:
    return found["Deployment", name]["spec"]["template"]["spec"]["containers"][0]


def test_everything_is_in_the_labs_namespace_and_carries_its_label() -> None:
    for (kind, name), item in objects().items():
        assert (name if kind == "Namespace" else item["metadata"]["namespace"]) == "second"
        assert item["metadata"]["labels"][LAB] == "second"


def test_a_namespace_comes_first_and_deployments_last() -> None:
    given = spec()
    kinds = [item["kind"] for item in manifests.desired_objects(given, default_names(given), IMAGES, "kind")]
    assert kinds[0] == "Namespace"
    assert kinds[-3:] == ["Deployment"] * 3


def test_images_settings_and_bounds_are_filled_in() -> None:
    found = objects(DEFAULT_LATENCY_MS="5", APP_ENV="ci")
    service = container(found, "ai-lab-2-2-paid")
    assert service["image"] == "ai-lab-2-2-paid:abc"
    env = {entry["name"]: entry.get("value") for entry in service["env"]}
    assert (env["DEFAULT_LATENCY_MS"], env["APP_ENV"]) == ("5", "ci")
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://otel-collector:4317"
    words = container(found, "ai-lab-2-2-viewer")["args"]
    assert words[words.index("--max-bytes") + 1] == "1234"
    assert words[words.index("--max-age") + 1] == "60"


def test_settings_in_another_order_are_the_same_objects() -> None:
    """A lab's settings are read back in another order than they were given, and no pod is to be replaced for that."""
    given = {"SLOW_SPAN": "off", "DEFAULT_LATENCY_MS": "5", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret"}
    assert objects(ROOT, **given) == objects(ROOT, **dict(reversed(given.items())))


def copied(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    return tmp_path


def add(project: Path, text: str) -> None:
    """A file more, which kind's kustomization names."""
    (project / "manifests" / "more.yaml").write_text(text)
    file = project / "manifests" / "kind" / "kustomization.yaml"
    file.write_text(file.read_text().replace("resources:\n", "resources:\n  - ../more.yaml\n"))


def test_a_changed_configuration_changes_the_pods_that_mount_it_and_no_others(tmp_path: Path) -> None:
    before = objects(copied(tmp_path))
    file = tmp_path / "manifests" / "collector-config.yaml"
    file.write_text(file.read_text().replace("send_batch_size: 512", "send_batch_size: 513"))
    after = objects(tmp_path)
    changed = {name for (kind, name), item in after.items() if item != before[kind, name] and kind == "Deployment"}
    assert changed == {"otel-collector"}
    assert CONFIG in after["Deployment", "otel-collector"]["spec"]["template"]["metadata"]["annotations"]


def test_what_the_lab_does_not_know_is_refused(tmp_path: Path) -> None:
    add(copied(tmp_path), "kind: Secret\nmetadata: {name: x}\n")
    with pytest.raises(Refused, match=r"more\.yaml has a Secret"):
        objects(tmp_path)


def test_a_file_that_no_kustomization_names_is_refused(tmp_path: Path) -> None:
    (copied(tmp_path) / "manifests" / "more.yaml").write_text("kind: ConfigMap\nmetadata: {name: x}\ndata: {}\n")
    with pytest.raises(Refused, match=r"more\.yaml is not part of the lab") as refused:
        objects(tmp_path)
    assert "- ../more.yaml" in refused.value.advice


def test_what_is_not_yaml_is_refused(tmp_path: Path) -> None:
    add(copied(tmp_path), "a: [")
    with pytest.raises(Refused, match=r"more\.yaml, line \d+.* is not YAML"):
        objects(tmp_path)


def live(item: Any) -> Any:
    """What the API server makes of an object: defaults, status, and managers of its own."""
    found = deepcopy(item)
    found["status"] = {"replicas": 1}
    found["metadata"] |= {"uid": "1", "managedFields": []}
    one = found["spec"]["template"]["spec"]["containers"][0]
    one["terminationMessagePath"] = "/dev/termination-log"
    one["env"] = [{"name": "EXTRA", "value": "set by somebody"}, *one["env"]]
    return found


def test_what_others_add_is_no_difference() -> None:
    wanted = objects()["Deployment", "ai-lab-2-2-paid"]
    assert not differs(wanted, live(wanted))


@pytest.mark.parametrize("change", [
    lambda item: item["spec"].update(replicas=2),
    lambda item: item["spec"]["template"]["spec"]["containers"][0]["env"].pop(),
    lambda item: item["spec"]["template"]["spec"]["containers"][0].update(image="other"),
    lambda item: item["metadata"]["annotations"].update({APPLIED: "older"}),
    lambda item: item["spec"]["template"]["spec"]["containers"][0]["args"].append("--more"),
])
def test_what_others_change_is_a_difference(change: Any) -> None:
    wanted = objects()["Deployment", "ai-lab-2-2-paid"]
    wanted["spec"]["template"]["spec"]["containers"][0]["args"] = ["one"]
    found = live(wanted)
    change(found)
    assert differs(wanted, found)
