"""One changed line of service/ on a lab that stands in kind, against the tutorial's way, in turn: until the new answer is served.

    python bench/kind_edit.py [ROUNDS]

By hand: docker build, kind load, kubectl rollout restart, rollout status. Ours: `labctl up`, from saving to the first new answer.
While ours is at work, `labctl load` sends 50 requests a second, and its failures are counted. Afterwards the running container's
image and the line in its file system are looked at. Works on a copy of the project, in a cluster and on ports of its own.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
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


def by_hand(project: Path, env: dict[str, str], kubeconfig: str) -> float:
    edit(project)
    kubectl = ("kubectl", "--kubeconfig", kubeconfig, "-n", NAME)
    begun = time.perf_counter()
    run("docker", "build", "--target", "service", "-t", IMAGE, ".", cwd=project, env=env)
    run("kind", "load", "docker-image", IMAGE, "--name", NAME, cwd=project, env=env)
    run(*kubectl, "rollout", "restart", "deployment/ai-lab-2-2-paid", cwd=project, env=env)
    run(*kubectl, "rollout", "status", "deployment/ai-lab-2-2-paid", cwd=project, env=env)
    return time.perf_counter() - begun


def served() -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=2) as answer:
            return json.load(answer)["status"]
    except OSError:
        return ""


def ours(project: Path, env: dict[str, str]) -> tuple[float, dict, str]:
    """Seconds from saving to the new answer, the load's own account of it, and what was sent into the node."""
    words = (sys.executable, "-m", "labctl")
    settings = {"cwd": project, "env": {**os.environ, **env}, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    load = subprocess.Popen([*words, "load", "--rps", "50", "--duration", "12s", "-o", "json"], **settings)
    time.sleep(2)                       # the load is at work by then
    status = edit(project)
    begun = time.perf_counter()
    up = subprocess.Popen([*words, "up", "-o", "json"], **settings)
    while served() != status:
        time.sleep(0.02)
    took = time.perf_counter() - begun
    sent = next(step["result"] for step in json.loads(up.communicate()[0])["steps"] if step["title"] == "Publish the image")
    return took, json.loads(load.communicate()[0])["requests"], sent


def inside(project: Path, env: dict[str, str], kubectl: tuple[str, ...]) -> str:
    """The running container's image, and the changed line as its file system has it."""
    asked = {"cwd": project, "env": {**os.environ, **env}, "text": True}
    image = subprocess.check_output([*kubectl, "get", "deployment/ai-lab-2-2-paid", "-o", IMAGE_OF], **asked)
    file = subprocess.check_output([*kubectl, "exec", "deployment/ai-lab-2-2-paid", "--", "cat", "/app/service/app.py"], **asked)
    return f"{image}: {re.search(r'ok-[0-9]+', file)[0]}"


def rounds(number: int, project: Path, env: dict[str, str]) -> None:
    kubeconfig = str(Path(env["LABCTL_STATE_DIR"]) / NAME / "kube" / "config")
    kubectl = ("kubectl", "--kubeconfig", kubeconfig, "-n", NAME)
    ratios = []
    for turn in range(1, number + 1):
        hand = by_hand(project, env, kubeconfig)
        mine, requests, sent = ours(project, env)
        ratios.append(mine / hand)
        print(f"round {turn}: by hand {hand:.1f} s, labctl {mine:.1f} s, ratio {ratios[-1]:.2f}; "
              f"{requests['failed']} of {requests['total']} requests failed; {sent}")
        print(f"         what runs: {inside(project, env, kubectl)}", flush=True)
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
