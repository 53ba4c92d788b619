"""`labctl export`, applied by plain kubectl to a fresh cluster as its README says: the same lab, which labctl then takes over."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cases.spans import wait_until
from tests.driver import ROOT, Driver, a_name, free_ports, kind_is_missing
from tests.soak.keyed_backend import causes
from tests.soak.kind.tools import COLLECTOR, Cluster, keyed

NODE = "kindest/node:v1.34.3"
PLAIN = ("--sampling", "50%", "--export", "prometheus", "--persist", "on", "--redact", "on")
SECURED = ("--sampling", "50%", "--persist", "on", "--redact", "on", "--tls", "on", "--mtls", "on", "--auth", "on")
pytestmark = [pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(900)]


@contextmanager
def fresh_cluster(name: str, kubeconfig: Path) -> Iterator[Cluster]:
    env = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    words = ["kind", "create", "cluster", "--name", name, "--image", NODE, "--wait", "120s"]
    subprocess.run(words, env=env, check=True, timeout=300)
    try:
        yield Cluster(name, str(kubeconfig))
    finally:
        subprocess.run(["kind", "delete", "cluster", "--name", name], env=env, check=False, timeout=120)


def commands(readme: str) -> list[str]:
    """What stands in its fenced blocks."""
    return [line for block in readme.split("```")[1::2] for line in block.strip().splitlines()]


def follow(readme: str, cluster: Cluster, folder: Path) -> None:
    """Every command of it, but `labctl up`; ports of this machine that are free take the place of its own."""
    ports = dict(zip(("9002", "9003"), map(str, free_ports(2)), strict=True))
    with ExitStack() as forwards:
        for line in commands(readme):
            if line.startswith("labctl up") or " rollout restart " in line:
                continue
            if line.startswith("kubectl ") and " port-forward " in line:
                _, _, namespace, _, service, port, _ = line.split()
                here, own = port.split(":")
                forwards.enter_context(cluster.forwarded(namespace, service.removeprefix("service/"), int(own), int(ports[here])))
            elif "/api/traces/" in line:
                wait_until(lambda asked=line: spans(run(asked.replace("9003", ports["9003"]), cluster, folder)) >= 4, 30)  # type: ignore[misc]
            else:
                where = ROOT if line.startswith("docker build ") else folder
                cluster_named = f"{line} --name {cluster.name}" if line.startswith("kind ") else line
                run(cluster_named.replace("127.0.0.1:9002", f"127.0.0.1:{ports['9002']}"), cluster, where)


def run(line: str, cluster: Cluster, folder: Path) -> str:
    env = {**os.environ, "KUBECONFIG": cluster.kubeconfig}
    done = subprocess.run(line, shell=True, cwd=folder, env=env, timeout=300, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def spans(answer: str) -> int:
    found: dict[str, Any] = json.loads(answer)
    return len(found.get("spans", ()))


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "secured"])
def test_kubectl_alone_gives_the_same_lab(secured: bool, tmp_path: Path) -> None:
    name, out = a_name("exported"), tmp_path / "out"
    backend, exports = keyed(tmp_path)
    switches = (*SECURED, *exports) if secured else PLAIN
    lab = Driver(name, tmp_path / "state", settings={"LABCTL_NAMESPACE": name})
    lab.run("export", str(out), "--kind", *switches, *(["--with-secrets"] if secured else []))
    with fresh_cluster(name, tmp_path / "kubeconfig") as cluster, cluster.running(COLLECTOR, backend):
        follow((out / "README.md").read_text(), cluster, out)
        mine = Driver(name, tmp_path / "adopted", target="kind", settings={"LABCTL_NAMESPACE": name, "LABCTL_CLUSTER": name})
        up = mine.json("up", "--adopt", "--timeout", "180s", timeout=400)
        assert up["switches"] == dict(zip([word[2:] for word in switches[::2]], switches[1::2], strict=True))
        load = mine.json("load", "-n", "400", "--rps", "50", timeout=120)
        ledger = load["ledger"]
        assert (load["requests"]["failed"], ledger["lost_spans"]) == (0, 0)
        assert 100 < ledger["sampled_out"]["traces"] < 300
        assert causes(mine) == []
        if secured:
            kept = 400 - ledger["sampled_out"]["traces"]
            wait_until(lambda: cluster.spans_of_the_keyed_backend(load["run_id"]) == 5 * kept)
