"""Pods come and go while the lab is used: nothing is lost unsaid."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.driver import Driver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
PLENTY_S = 40


@pytest.fixture(scope="module", autouse=True)
def as_it_should_be(kind_lab: Driver) -> None:
    kind_lab.run("up")


def kubectl(lab: Driver, *words: str) -> str:
    argv = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "-n", lab.name, *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=90).stdout


def replace(lab: Driver, deployment: str) -> None:
    kubectl(lab, "rollout", "restart", f"deployment/{deployment}")
    kubectl(lab, "rollout", "status", f"deployment/{deployment}", "--timeout=60s")


def until(holds: Any, seconds: float = PLENTY_S) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_logs_follow_three_replacements_and_a_rollout_fails_no_request(kind_lab: Driver, tmp_path: Path) -> None:
    written, ids = tmp_path / "lines", tmp_path / "ids"
    with written.open("w") as file:
        follower = kind_lab.start("logs", "-f", "service", "--since", "0.1s", stdout=file)
        load = kind_lab.start("load", "--rps", "50", "--duration", "18s", "--trace-ids", str(ids), "-o", "json")
        for _ in range(3):
            replace(kind_lab, "ai-lab-2-2-paid")
        out, err = load.communicate(timeout=60)
        run = json.loads(out)
        assert run["requests"]["failed"] == 0, err
        sent = set(ids.read_text().split())
        assert len(sent) == run["requests"]["successful"]

        def seen() -> Counter[str]:
            answers = (json.loads(line) for line in written.read_text().splitlines() if '"prediction answered"' in line)
            return Counter(answer["trace_id"] for answer in answers)

        until(lambda: seen().keys() >= sent, 10)
        follower.terminate()
        follower.communicate(timeout=30)
    found = {trace_id: times for trace_id, times in seen().items() if trace_id in sent}
    assert found.keys() == sent
    assert set(found.values()) == {1}


def test_a_forward_outlives_the_pod_it_led_to(kind_lab: Driver) -> None:
    forward = kind_lab.start("forward", "service", ":9000")
    assert forward.stdout is not None
    port = forward.stdout.readline().split(" -> ")[0].rpartition(":")[2]
    failed = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            except (OSError, urllib.error.URLError):
                failed.append(time.monotonic())

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        replace(kind_lab, "ai-lab-2-2-paid")
    finally:
        over.set()
        asking.join()
        forward.terminate()
        forward.communicate(timeout=30)
    assert failed == []                  # there is always a pod that answers, and each connection finds it
