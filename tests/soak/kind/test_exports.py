"""In a cluster that enforces NetworkPolicies: Prometheus scrapes the collector, and a backend gets the key that it demands."""

import base64
import json
from pathlib import Path

import pytest

from tests.cases.spans import wait_until
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.production.kind.test_policies import enforce
from tests.soak import keyed_backend, prometheus
from tests.soak.kind.tools import COLLECTOR, cluster_of, keyed, pod
from tests.soak.prometheus import Prometheus, compare_a_load
from tests.soak.test_exports import images_are_missing

pytestmark = [
    pytest.mark.e2e, pytest.mark.timeout(600),
    pytest.mark.skipif(bool(images_are_missing(prometheus.IMAGE, COLLECTOR)), reason="no images of Prometheus and the collector"),
]


def test_prometheus_scrapes_the_collector_in_kind(kind_lab: Driver) -> None:
    kind_lab.run("up", "--export", "prometheus", "--allow-from", "tools/app.kubernetes.io/name=prometheus", timeout=240)
    enforce(kind_lab)
    config = "prometheus.yml", prometheus.config(f"otel-collector.{kind_lab.name}:8889")
    args = ("--config.file=/etc/tool/prometheus.yml", "--storage.tsdb.path=/tmp/data", "--enable-feature=exemplar-storage")
    cluster = cluster_of(kind_lab)
    try:
        with (
            cluster.running(prometheus.IMAGE, pod("prometheus", prometheus.IMAGE, config, args, 9090)),
            cluster.forwarded("tools", "prometheus", 9090) as port,
        ):
            scraping = Prometheus(f"http://127.0.0.1:{port}")
            wait_until(scraping.ready)
            compare_a_load(kind_lab, scraping)
    finally:
        kind_lab.run("up", "--export", "off", "--allow-from", "off", timeout=240)


def test_a_backend_that_demands_a_key_in_kind(kind_lab: Driver, tmp_path: Path) -> None:
    enforce(kind_lab)
    cluster, (objects, flags) = cluster_of(kind_lab), keyed(tmp_path)
    off = ("up", "--export", "off", "--export-headers", "off")
    try:
        with cluster.running(COLLECTOR, objects):
            kind_lab.run("up", *flags, timeout=240)
            run = kind_lab.json("load", "-n", "100", "--rps", "50", timeout=120)
            assert run["ledger"]["lost_spans"] == 0
            wait_until(lambda: cluster.spans_of_the_keyed_backend(run["run_id"]) == 500)
            assert keyed_backend.causes(kind_lab) == []
            check_secrecy(kind_lab)
            kind_lab.run(*off, timeout=240)
        assert "export-keyed" not in kubectl(kind_lab, "get", "secrets")
    finally:
        kind_lab.run(*off, timeout=240)


def check_secrecy(lab: Driver) -> None:
    """The key is in the lab's Secret, and in no other object of the lab's namespace, no log and nothing that labctl prints."""
    key = keyed_backend.KEY
    kept = json.loads(kubectl(lab, "get", "secret", "export-keyed", "-o", "json"))
    assert key in base64.b64decode(kept["data"]["headers.yaml"]).decode()
    for kind in ("configmaps", "deployments", "replicasets", "pods", "events", "services", "networkpolicies", "namespaces"):
        assert key not in kubectl(lab, "get", kind, "-o", "json"), kind
    for command in ("status", "config", "describe collector", "logs --tail 500", "why", "up --explain"):
        for words in (command.split(), [*command.split(), "-o", "json"]):
            said = lab.run(*words, code=None, timeout=120)
            assert key not in said.stdout + said.stderr, words
