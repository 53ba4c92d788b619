"""C51: the manifests applied one by one, in the tutorial's order: no object needs one that a later or an unlisted file brings.

That the pods then run, in a real cluster, is shown by tests/e2e/kind/test_tutorial.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.driver import ROOT

ORDER = ("namespace", "collector-config", "collector-deployment", "deployment", "service")
BUILT = "ai-lab-2-2-paid:v1"            # by the tutorial's own docker build
PULLED = "otel/opentelemetry-collector-contrib:"

Object = dict[str, Any]


def documents(name: str) -> list[Object]:
    return list(yaml.safe_load_all((ROOT / "manifests" / f"{name}.yaml").read_text()))


def needed(item: Object) -> Iterator[tuple[str, str]]:
    """Kind and name of everything without which the pods of a Deployment do not start."""
    pod = item["spec"]["template"]["spec"]
    if "serviceAccountName" in pod:
        yield "ServiceAccount", pod["serviceAccountName"]
    for volume in pod.get("volumes", ()):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        assert set(volume) - {"name"} <= {"configMap", "emptyDir"}
    for container in pod["containers"]:
        for entry in container.get("env", ()):
            assert set(entry.get("valueFrom", {})) <= {"resourceFieldRef", "fieldRef"}


def test_the_namespace_comes_first() -> None:
    assert documents(ORDER[0])[0]["kind"] == "Namespace"


@pytest.mark.parametrize("name", ORDER)
def test_what_a_pod_needs_is_there_before_it(name: str) -> None:
    files = ORDER[:ORDER.index(name) + 1]
    there = {(item["kind"], item["metadata"]["name"]) for file in files for item in documents(file)}
    for item in documents(name):
        if item["kind"] == "Deployment":
            assert set(needed(item)) <= there
            for container in item["spec"]["template"]["spec"]["containers"]:
                assert container["image"] == BUILT or container["image"].startswith(PULLED)


def test_the_collector_exports_to_nothing_that_is_not_there() -> None:
    """Without a viewer its exporters are `debug` alone, so that it neither complains nor keeps what nobody takes."""
    text = documents("collector-config")[0]["data"]["collector.yaml"]
    pipelines = yaml.safe_load(text)["service"]["pipelines"]
    assert {pipeline["exporters"] for pipeline in pipelines.values()} == {"${env:EXPORTERS:-[debug]}"}
    [deployment] = [item for item in documents("collector-deployment") if item["kind"] == "Deployment"]
    env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert not {entry["name"] for entry in env} & {"EXPORTERS", "VIEWER_ENDPOINT"}
