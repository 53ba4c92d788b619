"""--volumes: without a provisioner the lab says so and goes on; with one what the stores have survives their pods, until `down`.

Where the node's image has no provisioner, its place is taken by volumes made beforehand, and a Deployment of its name.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labctl.targets.kubernetes.workload import claims
from tests.addons.stores import addresses, ask
from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, kind_is_missing
from tests.e2e.kind.test_replacement import kubectl

pytestmark = [
    pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(600), pytest.mark.slow,
]
STORES = {"ai-lab-2-2-viewer": "2Gi", "prometheus": "1Gi", "victoria-logs": "1Gi"}
VOLUMES = "jsonpath={.items[*].spec.template.spec.volumes[?(@.name=='data')]}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    lab = Driver(a_name("volumes"), tmp_path_factory.mktemp("lab"), target="kind")
    yield lab
    lab.run("down", code=None, timeout=120)


def has_provisioner(lab: Driver) -> bool:
    namespace, name = claims.LOCAL_PATH_AT
    return kubectl(lab, "-n", namespace, "get", "deployment", name, "--ignore-not-found") != ""


def apply(lab: Driver, *objects: dict[str, Any]) -> None:
    words = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "apply", "-f", "-"]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    subprocess.run(words, input=text, text=True, check=True, timeout=60)


def volume(lab: Driver, store: str, size: str) -> dict[str, Any]:
    """Of the node; a claim of the store's name gets it."""
    return {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"made-for-{store}"},
        "spec": {
            "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
            "persistentVolumeReclaimPolicy": "Delete", "claimRef": {"namespace": lab.name, "name": store},
            "hostPath": {"path": f"/tmp/volumes/{store}"},      # of others Kubernetes itself deletes none
        },
    }


def provisioner(lab: Driver) -> dict[str, Any]:
    namespace, name = claims.LOCAL_PATH_AT
    image = kubectl(lab, "get", "deployment/ai-lab-2-2-paid", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    container = {"name": name, "image": image, "command": ["python", "-c", "import signal; signal.pause()"]}
    anywhere = [{"operator": "Exists"}]
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "tolerations": anywhere}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def test_without_a_provisioner_the_lab_says_so_and_goes_on(lab: Driver) -> None:
    said = lab.run("up", "--with", "prometheus,logs", "--volumes", "on", timeout=300).stdout
    if has_provisioner(lab):
        pytest.skip("this cluster has a provisioner")
    assert f"on: --volumes on, which has no effect: {claims.MISSING}" in " ".join(said.split())
    assert claims.MISSING in " ".join(lab.run("status").stdout.split())
    assert kubectl(lab, "get", "pvc") == ""
    assert kubectl(lab, "get", "deployments", "-o", VOLUMES).count("emptyDir") == len(STORES)
    assert lab.json("check")["ok"]
    refused = lab.run("up", "--volumes", "standard", code=3, timeout=120).stderr
    assert "the provisioner of its StorageClass standard is not there" in " ".join(refused.split())
    assert "labctl up --volumes on" in refused


def test_a_claim_is_pending_without_a_provisioner(lab: Driver) -> None:
    """So that the rule is right to use none."""
    if has_provisioner(lab):
        pytest.skip("this cluster has a provisioner")
    image = kubectl(lab, "get", "deployment/ai-lab-2-2-paid", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    where = {"name": "probe", "namespace": "default"}
    data = {"name": "data", "persistentVolumeClaim": {"claimName": "probe"}}
    pod = {"containers": [{"name": "probe", "image": image}], "volumes": [data], "tolerations": [{"operator": "Exists"}]}
    apply(
        lab, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": where, "spec": spec},
        {"apiVersion": "v1", "kind": "Pod", "metadata": where, "spec": pod},
    )
    time.sleep(5)                       # a provisioner takes one or two
    for kind in ("pod", "pvc"):
        assert kubectl(lab, "-n", "default", "get", kind, "probe", "-o", "jsonpath={.status.phase}") == "Pending"
    kubectl(lab, "-n", "default", "delete", "pod/probe", "pvc/probe", "--wait=false")


@pytest.fixture(scope="module")
def with_volumes(lab: Driver) -> Driver:
    if not has_provisioner(lab):
        node = f"{lab.name}-control-plane"
        folders = " ".join(f"/tmp/volumes/{store}" for store in STORES)
        subprocess.run(["docker", "exec", node, "sh", "-c", f"mkdir -p {folders} && chmod 777 {folders}"], check=True, timeout=30)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": claims.LOCAL_PATH_AT[0]}}
        apply(lab, namespace, provisioner(lab), *(volume(lab, store, size) for store, size in STORES.items()))
    lab.run("up", timeout=180)
    return lab


def test_the_claims_are_as_large_as_the_stores_limits_ask_for(with_volumes: Driver) -> None:
    lab = with_volumes
    assert lab.json("status")["switches"]["volumes"] == "standard"
    form = r'jsonpath={range .items[*]}{.metadata.name}={.spec.resources.requests.storage},{.status.phase}{"\n"}{end}'
    seen = dict(line.split("=") for line in kubectl(lab, "get", "pvc", "-o", form).splitlines())
    assert seen == {name: f"{size},Bound" for name, size in STORES.items()}
    assert "nothing has changed" in lab.run("up", timeout=120).stdout
    assert [one for one in lab.json("why", code=None)["findings"] if one["kind"] == "cause"] == []


def test_what_the_stores_have_survives_their_pods(with_volumes: Driver) -> None:
    lab = with_volumes
    trace_id = lab.json("predict", "1", "2", "3")["trace_id"]
    wait_until(lambda: len(lab.json("trace", trace_id)["spans"]) == 5, 30)
    query = f"trace_id:{trace_id}"
    wait_until(lambda: lab.json("logs", "--query", query)["records"] != [], 30)
    with addresses(lab, "prometheus") as found:
        wait_until(lambda: series(found["prometheus"], time.time()), 30)
    before = time.time()
    pods = kubectl(lab, "get", "pods", "-o", "name", "-l", f"app.kubernetes.io/name in ({','.join(STORES)})").split()
    assert len(pods) == len(STORES)
    kubectl(lab, "delete", *pods)
    kubectl(lab, "wait", "--for=condition=Available", *(f"deployment/{name}" for name in STORES), "--timeout=60s")
    lab.run("up", timeout=120)
    assert len(lab.json("trace", trace_id)["spans"]) == 5
    assert lab.json("logs", "--query", query)["records"] != []
    with addresses(lab, "prometheus") as found:
        assert series(found["prometheus"], before)


def series(url: str, at: float) -> bool:
    return bool(json.loads(ask(f"{url}/api/v1/query", query="up", time=str(at)))["data"]["result"])


def test_a_volume_that_would_have_to_grow_is_refused_before_anything_changes(with_volumes: Driver) -> None:
    lab = with_volumes
    before = lab.instances()
    refused = " ".join(lab.run("up", "--retention", "logs=4GiB", code=3, timeout=120).stderr.split())
    assert "the volume of victoria-logs has 1" in refused
    assert "its StorageClass standard cannot enlarge it" in refused
    assert lab.instances() == before


def test_down_ends_the_volumes_and_says_so(with_volumes: Driver) -> None:
    lab = with_volumes
    said = " ".join(lab.run("down", "--keep-cluster", timeout=180).stderr.split())
    assert "is gone with 3 volumes and what was stored there" in said
    node = ["docker", "exec", f"{lab.name}-control-plane", "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "get", "pv"]
    assert subprocess.run(node, check=True, capture_output=True, text=True, timeout=30).stdout == ""
