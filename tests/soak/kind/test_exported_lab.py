"""`labctl export`, applied by plain kubectl to a fresh cluster as its README says: the same lab, which labctl then takes over."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labctl.host.http import Unreachable, get
from tests.driver import ROOT, Driver, a_name, free_ports, kind_is_missing

NODE = "kindest/node:v1.34.3"
SWITCHES = ("--sampling", "50%", "--export", "prometheus", "--persist", "on", "--redact", "on")
TRACE = "4bf92f3577b34da600ffffff0e0e4736"
pytestmark = [pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(900)]


@contextmanager
def cluster(name: str, kubeconfig: Path) -> Iterator[dict[str, str]]:
    env = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    words = ["kind", "create", "cluster", "--name", name, "--image", NODE, "--wait", "120s"]
    subprocess.run(words, env=env, check=True, timeout=300)
    try:
        yield env
    finally:
        subprocess.run(["kind", "delete", "cluster", "--name", name], env=env, check=False, timeout=120)


def commands(readme: str) -> list[str]:
    """What stands in its fenced blocks."""
    return [line for block in readme.split("```")[1::2] for line in block.strip().splitlines()]


@contextmanager
def forwarded(env: dict[str, str], namespace: str, service: str, local: int, own: int) -> Iterator[str]:
    words = ["kubectl", "-n", namespace, "port-forward", f"service/{service}", f"{local}:{own}"]
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
    try:
        while True:
            assert process.poll() is None
            try:
                get(f"http://127.0.0.1:{local}/health", 2)
                break
            except Unreachable:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{local}"
    finally:
        process.kill()
        process.wait()


def test_kubectl_alone_gives_the_same_lab(tmp_path: Path) -> None:
    name, out = a_name("exported"), tmp_path / "out"
    lab = Driver(name, tmp_path / "state", settings={"LABCTL_NAMESPACE": name})
    lab.run("export", str(out), "--kind", *SWITCHES)
    steps = commands((out / "README.md").read_text())
    build = [line for line in steps if line.startswith("docker build ")]
    load = next(line for line in steps if line.startswith("kind load "))
    apply, wait = "kubectl apply -k .", next(line for line in steps if " wait " in line)
    with cluster(name, tmp_path / "kubeconfig") as env:
        for line, folder in [*((one, ROOT) for one in build), *((one, out) for one in (f"{load} --name {name}", apply, wait))]:
            subprocess.run(line, shell=True, cwd=folder, env=env, check=True, timeout=300)
        ports = free_ports(2)
        with (
            forwarded(env, name, "ai-lab-2-2-paid", ports[0], 9000) as service,
            forwarded(env, name, "ai-lab-2-2-viewer", ports[1], 9003) as viewer,
        ):
            asked = next(line for line in steps if line.startswith("curl ") and "/predict" in line)
            subprocess.run(asked.replace("http://127.0.0.1:9002", service), shell=True, check=True, timeout=30)
            deadline = time.monotonic() + 30
            while len(json.loads(get(f"{viewer}/api/traces/{TRACE}").body).get("spans", ())) < 4:
                assert time.monotonic() < deadline
                time.sleep(0.3)
        mine = Driver(name, tmp_path / "adopted", target="kind", settings={"LABCTL_NAMESPACE": name, "LABCTL_CLUSTER": name})
        up = mine.json("up", "--adopt", "--timeout", "180s", timeout=400)
        assert up["switches"] == dict(zip([word[2:] for word in SWITCHES[::2]], SWITCHES[1::2], strict=True))
        run = mine.json("load", "-n", "400", "--rps", "50", timeout=120)
        ledger = run["ledger"]
        assert (run["requests"]["failed"], ledger["lost_spans"]) == (0, 0)
        assert 100 < ledger["sampled_out"]["traces"] < 300
        assert mine.json("why", code=None)["healthy"]
