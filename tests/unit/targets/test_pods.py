"""What the pods of a lab request, by the manifests, for `labctl cost`."""

from pathlib import Path

import yaml

from labctl.components import ADDONS, COMPONENTS
from labctl.model import LabSpec
from labctl.quantity import quantity
from labctl.targets.pods import pods
from tests.driver import ROOT

EVERY = ",".join(dict.fromkeys([*(component.addon for component in ADDONS), "hpa"]))


def requested(manifest: str) -> tuple[float, float]:
    documents = yaml.safe_load_all((ROOT / "manifests" / manifest).read_text())
    [deployment] = [one for one in documents if one["kind"] == "Deployment"]
    requests = [one["resources"]["requests"] for one in deployment["spec"]["template"]["spec"]["containers"]]
    cpu, memory = ([quantity(one[name]) or 0.0 for one in requests] for name in ("cpu", "memory"))
    return sum(cpu), sum(memory)


def test_every_add_on_has_a_row_with_what_its_manifest_requests(tmp_path: Path) -> None:
    found = pods(LabSpec("x", ROOT, tmp_path, {}, {}, 1 << 30, 86400, switches={"with": EVERY}), None)
    assert [one.component for one in found] == [one.name for one in (*COMPONENTS, *ADDONS)]
    rows = {one.component: (one.replicas, (one.cpu, one.memory)) for one in found}
    assert {one.name: rows[one.name] for one in ADDONS} == {one.name: (1, requested(one.cluster.manifests[0])) for one in ADDONS}


def test_an_override_of_an_add_on_counts(tmp_path: Path) -> None:
    given = {"prometheus.requests.memory": "512Mi"}
    spec = LabSpec("x", ROOT, tmp_path, {}, {}, 1 << 30, 86400, switches={"with": "prometheus"}, overrides=given)
    assert {one.component: one.memory for one in pods(spec, None)}["prometheus"] == 512 << 20
