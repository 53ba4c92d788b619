"""C58: the collector's own metrics (8888) and its health check (13133) are not published by the node."""

from pathlib import Path

from labctl.components import DEFAULT_PORTS
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.workload import manifests
from tests.driver import ROOT


def test_only_what_is_used_from_outside_is_published() -> None:
    spec = LabSpec("second", ROOT, Path("/nowhere"), DEFAULT_PORTS, {}, 1234, 60)
    objects = manifests.desired_objects(spec, default_names(spec), {}, "kind")
    services = [item for item in objects if item["kind"] == "Service" and item["spec"].get("type") == "NodePort"]
    published = {port["port"]: port["nodePort"] for item in services for port in item["spec"]["ports"]}
    assert published == {9000: 30090, 9003: 30093, 4317: 30317, 4318: 30318}
