"""One changed line of service/ on a lab that stands in kind, against the tutorial's way, in turn: until the new answer is served.

    python bench/kind_edit.py [ROUNDS]

By hand: docker build, kind load, kubectl rollout restart, rollout status. Ours, from saving to the first new answer: `labctl up`,
and `labctl dev`, which is at work already. Each time `labctl load` sends 50 requests a second, and its failures are counted.
Afterwards the running container's image and the line in its file system are looked at. Works on a copy of the project, in a
cluster and on ports of its own.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "labctl-bench"
PORT = 19902
SETTINGS = {"SERVICE": PORT, "VIEWER": 19903, "VIEWER_GRPC": 19904, "OTLP_GRPC": 19917, "OTLP_HTTP": 19918}
IMAGE = "ai-lab-2-2-paid:v1"
IMAGE_OF = "jsonpath={.spec.template.spec.containers[0].image}"


def run(*argv: str, cwd: Path, env: dict[str, str]) -> None:
    done = subprocess.run(argv, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"$ {' '.join(argv)}\n{done.stdout}{done.stderr}")


def edit(project: Path) -> str:
    """Change one line of the service; the status that its new version answers."""
    file, status = project / "service" / "app.py", f"ok-{time.time_ns()}"
    file.write_text(re.sub(r'"status": "ok[^"]*"', f'"status": "{status}"', file.read_text()))
    return status


def by_hand(project: Path, env: dict[str, str], kubeconfig: str) -> None:
    kubectl = ("kubectl", "--kubeconfig", kubeconfig, "-n", NAME)
    run("docker", "build", "--target", "service", "-t", IMAGE, ".", cwd=project, env=env)
    run("kind", "load", "docker-image", IMAGE, "--name", NAME, cwd=project, env=env)
    run(*kubectl, "rollout", "restart", "deployment/ai-lab-2-2-paid", cwd=project, env=env)
    run(*kubectl, "rollout", "status", "deployment/ai-lab-2-2-paid", cwd=project, env=env)


def served() -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=2) as answer:
            return json.load(answer)["status"]
    except OSError:
        return ""


@contextlib.contextmanager
def loaded(project: Path, env: dict[str, str]) -> Iterator[dict[str, int]]:
    """50 requests a second while the block runs; afterwards the mapping has the load's own account of them."""
    words = (sys.executable, "-m", "labctl", "load", "--rps", "50", "--duration", "60s", "-o", "json")
    account: dict[str, int] = {}
    load = subprocess.Popen(words, cwd=project, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    time.sleep(2)                       # it is at work by then
    try:
        yield account
        time.sleep(4)                   # the old pod's drain belongs to it
    finally:
        load.send_signal(signal.SIGINT)
        account |= json.loads(load.communicate()[0])["requests"]


def timed(project: Path, act: Callable[[], object]) -> float:
    """Seconds from saving to the first new answer, of `act` that begins when the file is saved."""
    status = edit(project)
    begun = time.perf_counter()
    work = threading.Thread(target=act)
    work.start()
    while served() != status:
        time.sleep(0.02)
    took = time.perf_counter() - begun
    work.join()
    return took


def inside(project: Path, env: dict[str, str], kubectl: tuple[str, ...]) -> str:
    """The running container's image, and the changed line as its file system has it."""
    asked = {"cwd": project, "env": {**os.environ, **env}, "text": True}
    image = subprocess.check_output([*kubectl, "get", "deployment/ai-lab-2-2-paid", "-o", IMAGE_OF], **asked)
    file = subprocess.check_output([*kubectl, "exec", "deployment/ai-lab-2-2-paid", "--", "cat", "/app/service/app.py"], **asked)
    return f"{image}: {re.search(r'ok-[0-9]+', file)[0]}"


def rounds(number: int, project: Path, env: dict[str, str]) -> None:
    kubeconfig = str(Path(env["LABCTL_STATE_DIR"]) / NAME / "kube" / "config")
    kubectl = ("kubectl", "--kubeconfig", kubeconfig, "-n", NAME)
    taken: dict[str, list[float]] = {"by hand": [], "up": [], "dev": []}
    for turn in range(1, number + 1):
        with loaded(project, env):
            edit(project)
            begun = time.perf_counter()
            by_hand(project, env, kubeconfig)
            taken["by hand"].append(time.perf_counter() - begun)
        with loaded(project, env) as of_up:
            taken["up"].append(timed(project, lambda: run(sys.executable, "-m", "labctl", "up", cwd=project, env=env)))
        dev = subprocess.Popen(
            [sys.executable, "-m", "labctl", "dev"], cwd=project, env={**os.environ, **env}, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        next(line for line in dev.stderr if "See one trace arrive" in line)
        with loaded(project, env) as of_dev:
            taken["dev"].append(timed(project, dev.stdout.readline))
        dev.send_signal(signal.SIGINT)
        dev.communicate()
        print(f"round {turn}: " + ", ".join(f"{name} {seconds[-1]:.1f} s" for name, seconds in taken.items())
              + f"; failed: {of_up['failed']} of {of_up['total']}, {of_dev['failed']} of {of_dev['total']}")
        print(f"         what runs: {inside(project, env, kubectl)}", flush=True)
    for name in ("up", "dev"):
        ratios = [mine / hand for mine, hand in zip(taken[name], taken["by hand"], strict=True)]
        print(f"{name}: median ratio {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})")


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
