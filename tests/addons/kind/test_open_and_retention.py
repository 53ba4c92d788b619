"""On kind: forwarded pages, a trace in Jaeger, log records by a query, --retention in the pods, the containers' own logs."""

import signal
import subprocess
import urllib.request

import pytest

from tests.cases.spans import wait_until
from tests.driver import ROOT, Driver

pytestmark = pytest.mark.timeout(600)
CONTAINER_LOGS = ROOT / "manifests" / "container-logs"


@pytest.fixture
def lab(addons_in_kind: Driver) -> Driver:
    return addons_in_kind


def kubectl(lab: Driver, *words: str, code: int = 0) -> str:
    kubeconfig = lab.run("kubeconfig").stdout.strip()
    done = subprocess.run(
        ["kubectl", "--kubeconfig", kubeconfig, *words], capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_a_page_is_forwarded_until_the_command_is_interrupted(lab: Driver) -> None:
    opened = lab.start("open", "jaeger", "--print")
    assert opened.stdout
    url = opened.stdout.readline().strip()
    assert url == f"{lab.url('JAEGER')}/search"
    with urllib.request.urlopen(url, timeout=20) as page:
        assert b"<html" in page.read().lower()
    opened.send_signal(signal.SIGINT)
    opened.communicate(timeout=20)
    assert opened.returncode == 130


def test_a_request_is_in_jaeger_and_its_log_record_in_victoria_logs(lab: Driver) -> None:
    trace_id = lab.json("predict", "1", "2", "3")["trace_id"]
    assert len(lab.json("trace", trace_id)["spans"]) == 5
    wait_until(lambda: lab.json("trace", trace_id, "--in", "jaeger", code=None)["spans"] == 5, 30)
    found = lab.json("trace", trace_id, "--in", "jaeger")
    assert (found["spans"], found["absence"], found["url"]) == (5, None, None)
    query = f"trace_id:{trace_id}"
    wait_until(lambda: lab.json("logs", "--query", query)["records"] != [], 30)     # it may come after its trace
    record, = lab.json("logs", "--query", query)["records"]
    assert record["message"] == "prediction answered"


def test_the_pods_keep_what_the_switch_says(lab: Driver) -> None:
    for deployment, word in (
        ("prometheus", "--storage.tsdb.retention.time=36h"), ("victoria-logs", "-retentionPeriod=7d"),
        ("ai-lab-2-2-viewer", "7200"),
    ):
        arguments = "jsonpath={.spec.template.spec.containers[0].args}"
        assert f'"{word}"' in kubectl(lab, "-n", lab.name, "get", "deployment", deployment, "-o", arguments)
    stores = {one["component"]: one for one in lab.json("cost")["stores"]}
    assert [stores[name]["wanted_s"] for name in ("viewer", "prometheus", "victoria-logs")] == [7200, 36 * 3600, 7 * 86400]


def test_the_api_server_takes_the_folder_of_the_containers_logs_without_a_warning(lab: Driver) -> None:
    """Only in a namespace of its own: the lab's forbids what it mounts."""
    kubectl(lab, "apply", "-f", str(CONTAINER_LOGS / "namespace.yaml"))
    assert "Warning" not in kubectl(lab, "apply", "--dry-run=server", "-k", str(CONTAINER_LOGS))
    elsewhere = (CONTAINER_LOGS / "daemon-set.yaml").read_text().replace("ai-ml-lab-2-2-container-logs", lab.name)
    file = lab.state / "elsewhere.yaml"
    file.write_text(elsewhere)
    assert "would violate PodSecurity" in kubectl(lab, "apply", "--dry-run=server", "-f", str(file))
    kubectl(lab, "delete", "-f", str(CONTAINER_LOGS / "namespace.yaml"), "--wait=false")
