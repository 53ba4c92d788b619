"""Cold `up` on kind against the tutorial's own steps, in turn: from nothing to the first answer of the service.

    python bench/kind_up.py [ROUNDS] [--empty-cache]

By hand: kind create (the tutorial's kind file), docker build (from cache), kind load of the three images, kubectl apply of the
manifests for any cluster, rollout, port-forward, until the service answers 200 (asked every 0.1 s). Ours: `labctl up`,
which ends later: when the trace of one request has arrived at the viewer. Both use ports and a cluster of their own. With
--empty-cache the engine's build cache and the built images go before each turn, so that both install the dependencies.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
NAME = "labctl-bench"
NAMESPACE = "ai-ml-lab-2-2"
SETTINGS = {"SERVICE": 19902, "VIEWER": 19903, "VIEWER_GRPC": 19904, "OTLP_GRPC": 19917, "OTLP_HTTP": 19918}
IMAGES = ("ai-lab-2-2-paid:v1", "ai-lab-2-2-viewer:v1", "otel/opentelemetry-collector-contrib:0.155.0")


def run(*argv: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(argv, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"$ {' '.join(argv)}\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def lap(name: str, laps: dict[str, float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    laps[name] = time.perf_counter() - begun


def kind_file(folder: Path) -> Path:
    found = yaml.safe_load((ROOT / "kind-mcp-cluster.yaml").read_text())
    file = folder / "kind.yaml"
    file.write_text(yaml.safe_dump(found | {"name": NAME}))
    return file


def empty_cache() -> None:
    run("docker", "builder", "prune", "--all", "--force")
    held = subprocess.check_output(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"], text=True).split()
    built = [name for name in held if name.startswith("ai-lab-2-2-")]
    if built:
        run("docker", "image", "rm", *built)


@contextlib.contextmanager
def forwarded(env: dict[str, str]) -> Iterator[None]:
    argv = ["kubectl", "port-forward", "-n", NAMESPACE, "svc/ai-lab-2-2-paid", f"{SETTINGS['SERVICE']}:9000"]
    tunnel = subprocess.Popen(argv, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        tunnel.terminate()
        tunnel.wait()


def first_answer(url: str) -> None:
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)


def by_hand() -> dict[str, float]:
    laps: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, lap("all", laps):
        folder = Path(name)
        env = {"KUBECONFIG": str(folder / "config")}
        try:
            with lap("kind create", laps):
                run("kind", "create", "cluster", "--config", str(kind_file(folder)), env=env)
            with lap("docker build", laps):
                run("docker", "build", "-t", IMAGES[0], ".")
                run("docker", "build", "--target", "viewer", "-t", IMAGES[1], ".")
            with lap("kind load", laps):
                for image in IMAGES:
                    run("kind", "load", "docker-image", image, "--name", NAME, env=env)
            with lap("apply to answer", laps):
                run("kubectl", "apply", "-k", "manifests", env=env)
                run("kubectl", "rollout", "status", "deployment", "-n", NAMESPACE, "--timeout", "120s", env=env)
                with forwarded(env):
                    first_answer(f"http://127.0.0.1:{SETTINGS['SERVICE']}/health")
            laps["total"] = sum(laps.values())
        finally:
            run("kind", "delete", "cluster", "--name", NAME, env=env)
    return laps


def ours() -> float:
    with tempfile.TemporaryDirectory() as state:
        words = [sys.executable, "-m", "labctl"]
        env = {"LABCTL_STATE_DIR": state, "LABCTL_LAB": NAME, **{f"LABCTL_{k}_PORT": str(v) for k, v in SETTINGS.items()}}
        begun = time.perf_counter()
        try:
            run(*words, "up", "--target", "kind", "--timeout", "120s", env=env)
            return time.perf_counter() - begun
        finally:
            run(*words, "down", env=env)


def main() -> None:
    words = sys.argv[1:]
    number = next((int(word) for word in words if word.isdigit()), 3)
    if not shutil.which("docker") or not shutil.which("kind") or not shutil.which("kubectl"):
        sys.exit("docker, kind and kubectl are needed")
    run("docker", "build", "-t", IMAGES[0], ".")
    before = empty_cache if "--empty-cache" in words else lambda: None
    ratios = []
    for turn in range(1, number + 1):
        before()
        hand = by_hand()
        before()
        mine = ours()
        ratios.append(mine / hand["total"])
        steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in hand.items() if name not in {"all", "total"})
        print(f"round {turn}: by hand {hand['total']:.1f} s ({steps}), labctl {mine:.1f} s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
