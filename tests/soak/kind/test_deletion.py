"""Pods that are deleted while a load runs, and a long load: everything is accounted for."""

import json
import urllib.request

import pytest

from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def quick(kind_lab: Driver) -> None:
    kind_lab.run("up", "--set", "DEFAULT_LATENCY_MS=5")


def test_a_pod_that_is_deleted_fails_requests_only_while_none_is_ready(kind_lab: Driver) -> None:
    load = kind_lab.start("load", "--rps", "50", "--duration", "12s", "-o", "json")
    kubectl(kind_lab, "delete", "pod", "-l", "app.kubernetes.io/name=ai-lab-2-2-paid", "--wait=false")
    run = json.loads(load.communicate(timeout=60)[0])
    requests = run["requests"]
    assert requests["successful"] + requests["failed"] == requests["total"] == 600
    assert sum(requests["errors"].values()) == requests["failed"]
    assert requests["successful"] > 300
    assert run["ledger"]["lost"] == []


def test_a_collector_that_is_deleted_fails_none_and_what_is_missing_is_counted(kind_lab: Driver) -> None:
    load = kind_lab.start("load", "--rps", "50", "--duration", "10s", "-o", "json")
    kubectl(kind_lab, "delete", "pod", "-l", "app.kubernetes.io/name=otel-collector", "--wait=false")
    run = json.loads(load.communicate(timeout=90)[0])
    assert run["requests"]["failed"] == 0
    with urllib.request.urlopen(f"{kind_lab.url('VIEWER')}/api/runs/{run['run_id']}", timeout=5) as answer:
        arrived = json.load(answer)["spans"]
    missing = sum(one["spans"] for one in run["ledger"]["lost"])
    assert missing == 500 * 5 - arrived


def test_three_thousand_requests_balance(kind_lab: Driver) -> None:
    run = kind_lab.json("load", "-n", "3000", "--rps", "300", timeout=90)
    assert run["requests"]["successful"] == 3000
    ledger = run["ledger"]
    assert (ledger["requests"], ledger["traces"], ledger["spans"], ledger["lost"]) == (3000, 3000, 15000, [])
