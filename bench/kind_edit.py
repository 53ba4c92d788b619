"""One changed line of service/ on a lab that stands in kind, against the tutorial's way, in turn: until the new answer is served.

    python bench/kind_edit.py [ROUNDS]

By hand: docker build, kind load, kubectl rollout restart, rollout status. Ours: `labctl up`. While ours is at work, /health is
asked 50 times a second, and failures are counted. Works on a copy of the project, in a cluster and on ports of its own.
"""

import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "labctl-bench"
PORT = 19902
SETTINGS = {"SERVICE": PORT, "VIEWER": 19903, "VIEWER_GRPC": 19904, "OTLP_GRPC": 19917, "OTLP_HTTP": 19918}
IMAGE = "ai-lab-2-2-paid:v1"


class Load:
    """Asks /health 50 times a second; knows when an answer first had the wanted status, and how many failed."""

    def __init__(self) -> None:
        self.wanted, self.failed, self.asked = "", 0, 0
        self.seen = threading.Event()
        self._over = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator["Load"]:
        worker = threading.Thread(target=self._run)
        worker.start()
        try:
            yield self
        finally:
            self._over.set()
            worker.join()

    def await_answer(self, status: str) -> None:
        self.wanted = status
        self.seen.clear()
        self.seen.wait(60)

    def _run(self) -> None:
        while not self._over.wait(0.02):
            self.asked += 1
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=2) as answer:
                    if json.load(answer)["status"] == self.wanted:
                        self.seen.set()
            except OSError:
                self.failed += 1


def run(*argv: str, cwd: Path, env: dict[str, str]) -> None:
    done = subprocess.run(argv, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"$ {' '.join(argv)}\n{done.stdout}{done.stderr}")


def edit(project: Path) -> str:
    """Change one line of the service; the status that its new version answers."""
    file, status = project / "service" / "app.py", f"ok-{time.time_ns()}"
    file.write_text(re.sub(r'"status": "ok[^"]*"', f'"status": "{status}"', file.read_text()))
    return status


def by_hand(project: Path, env: dict[str, str], kubeconfig: str) -> float:
    edit(project)
    kubectl = ("kubectl", "--kubeconfig", kubeconfig, "-n", NAME)
    begun = time.perf_counter()
    run("docker", "build", "--target", "service", "-t", IMAGE, ".", cwd=project, env=env)
    run("kind", "load", "docker-image", IMAGE, "--name", NAME, cwd=project, env=env)
    run(*kubectl, "rollout", "restart", "deployment/ai-lab-2-2-paid", cwd=project, env=env)
    run(*kubectl, "rollout", "status", "deployment/ai-lab-2-2-paid", cwd=project, env=env)
    return time.perf_counter() - begun


def ours(project: Path, env: dict[str, str], load: Load) -> float:
    status = edit(project)
    begun = time.perf_counter()
    work = threading.Thread(target=run, args=(sys.executable, "-m", "labctl", "up"), kwargs={"cwd": project, "env": env})
    work.start()
    load.await_answer(status)
    took = time.perf_counter() - begun
    work.join()
    return took


def rounds(number: int, project: Path, env: dict[str, str]) -> None:
    kubeconfig = str(Path(env["LABCTL_STATE_DIR"]) / NAME / "kube" / "config")
    ratios = []
    for turn in range(1, number + 1):
        hand = by_hand(project, env, kubeconfig)
        with Load().running() as load:
            mine = ours(project, env, load)
        ratios.append(mine / hand)
        counted = f"{load.failed} of {load.asked} requests failed"
        print(f"round {turn}: by hand {hand:.1f} s, labctl {mine:.1f} s, ratio {ratios[-1]:.2f}, {counted}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", "tests", "dist"))
        env = {"LABCTL_STATE_DIR": f"{folder}/state", "LABCTL_LAB": NAME, "PYTHONPATH": str(project)}
        env |= {f"LABCTL_{name}_PORT": str(port) for name, port in SETTINGS.items()}
        try:
            run(sys.executable, "-m", "labctl", "up", "--target", "kind", "--timeout", "120s", cwd=project, env=env)
            rounds(number, project, env)
        finally:
            run(sys.executable, "-m", "labctl", "down", cwd=project, env=env)


if __name__ == "__main__":
    main()
