"""The autoscaler follows a ramp: more pods while it lasts and one again after it, without a failed request or a lost span."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from labctl.targets.kubernetes.names import LAB
from tests.addons.documented import documented
from tests.cases.spans import wait_until
from tests.driver import ROOT, Driver, a_name, kind_is_missing

pytestmark = [
    pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(600), pytest.mark.slow,
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    lab = Driver(a_name("hpa"), tmp_path_factory.mktemp("lab"), target="kind")
    lab.settings |= {"MODEL_WORK": "cpu", "DEFAULT_LATENCY_MS": "5"}
    lab.run("up", "--with", "hpa", timeout=300)
    yield lab
    lab.run("down", code=None, timeout=120)


def kubectl(lab: Driver, *words: str) -> str:
    kubeconfig = lab.run("kubeconfig").stdout.strip()
    asked = ["kubectl", "--kubeconfig", kubeconfig, "-n", lab.name, *words]
    return subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


def replicas(lab: Driver) -> int:
    return int(kubectl(lab, "get", "deployment", "ai-lab-2-2-paid", "-o", "jsonpath={.spec.replicas}"))


def test_pods_follow_a_ramp(lab: Driver, tmp_path: Path) -> None:
    uses = "jsonpath={.status.currentMetrics[0].resource.current.averageUtilization}"
    wait_until(lambda: kubectl(lab, "get", "hpa", "ai-lab-2-2-paid", "-o", uses) != "", 120)
    report = tmp_path / "report.html"
    run = lab.json("load", "--stages", "20s:5,40s:60,60s:60,20s:5", "--report", str(report), timeout=300)
    assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
    counts = [count for _, count in run["replicas"]]
    assert counts[0] == 1
    assert max(counts) >= 2
    assert any("was scaled during the run" in remark for remark in run["remarks"])
    assert 'id="replicas"' in report.read_text()
    wait_until(lambda: replicas(lab) == 1, 240)


def test_up_leaves_the_count_alone(lab: Driver) -> None:
    kubectl(lab, "patch", "hpa", "ai-lab-2-2-paid", "--type", "merge", "-p", '{"spec": {"minReplicas": 2}}')
    wait_until(lambda: replicas(lab) == 2, 60)
    kubectl(lab, "patch", "hpa", "ai-lab-2-2-paid", "--type", "merge", "-p", '{"spec": {"minReplicas": 1}}')
    lab.run("up", timeout=120)
    assert replicas(lab) == 2
    refused = lab.run("up", "--set", "service.replicas=3", code=2, timeout=120).stderr
    assert "the autoscaler sets the number of replicas" in refused


def test_the_api_server_accepts_an_autoscaler_by_requests_in_flight(lab: Driver, tmp_path: Path) -> None:
    """As docs/autoscaling.md has it; there is no adapter to try it with."""
    _, measure = documented()
    hpa = yaml.safe_load((ROOT / "manifests/addons/hpa/hpa.yaml").read_text())
    hpa["metadata"]["namespace"], hpa["spec"]["metrics"] = lab.name, measure["metrics"]
    (tmp_path / "hpa.yaml").write_text(yaml.safe_dump(hpa))
    assert "(server dry run)" in kubectl(lab, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f",
                                         str(tmp_path / "hpa.yaml"))


@pytest.mark.timeout(300)
def test_an_autoscaler_without_metrics_is_explained_and_mended(lab: Driver) -> None:
    kubectl(lab, "scale", "deployment", "metrics-server", "--replicas", "0")
    wait_until(lambda: explained(lab) == ["autoscaler-without-metrics"], 150)
    lab.run("up", timeout=120)
    wait_until(lambda: lab.json("why", code=None)["healthy"], 120)


def test_the_lesson_is_solved_by_what_a_load_brings(lab: Driver) -> None:
    lab.run("learn", "autoscaling", timeout=180)
    assert "no load of at least" in lab.run("answer", "3", code=2, timeout=60).stderr
    run = lab.json("load", "-c", "6", "--duration", "52s", timeout=120)
    most = max(count for _, count in run["replicas"])
    assert lab.json("answer", "9", code=1, timeout=60)["right"] is False
    assert lab.json("answer", str(most), timeout=420)["right"] is True
    assert lab.json("check", timeout=60)["ok"]


def explained(lab: Driver) -> list[str]:
    """What follows from metrics-server that has no pods."""
    found = lab.json("why", code=None)["findings"]
    return [symptom["rule"] for one in found if one["rule"] == "scaled-to-zero" for symptom in one["symptoms"]]


def test_what_is_outside_of_the_namespace_goes_with_the_add_on(lab: Driver) -> None:
    outside = "clusterrole,clusterrolebinding,rolebinding,apiservice"
    assert len(kubectl(lab, "get", outside, "-A", "-l", f"{LAB}={lab.name}", "-o", "name").splitlines()) == 5
    lab.run("up", "--with", "off", timeout=120)
    assert kubectl(lab, "get", outside, "-A", "-l", f"{LAB}={lab.name}", "-o", "name") == ""
    assert kubectl(lab, "get", "hpa", "-o", "name") == ""
