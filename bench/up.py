"""How long `labctl up`, an unchanged `up` and `down` take, against the service started by hand in the same run.

Limits: up, canary included, at most 2.0 x the service alone to its first /health; unchanged at most 0.6 s; down at most 2 s;
`labctl --help` at most 1.3 x the CPU time of a bare typer program with the same commands.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.driver import LABCTL, Driver, free_ports  # noqa: E402 - the path is set above

ROUNDS = 7
COMMANDS = ("up", "status", "load", "trace", "metrics", "logs", "predict", "check", "down", "config", "doctor", "version")


def by_hand(folder: Path) -> float:
    """Seconds from starting the service, as the README of any project would, to its first answer on /health."""
    [port] = free_ports(1)
    env = os.environ | {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'service' / '_entry'}", "OTEL_PYTHON_DISTRO": "lab", "OTEL_PYTHON_CONFIGURATOR": "lab",
        "HOST": "127.0.0.1", "PORT": str(port), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "FLUSH_TIMEOUT_S": "0.1",
    }
    argv = [str(Path(sys.executable).parent / "opentelemetry-instrument"), sys.executable, "-m", "service"]
    begun = time.perf_counter()
    log = (folder / "service.log").open("ab")
    with log, subprocess.Popen(argv, env=env, cwd=folder, stdout=log, stderr=log) as service:
        while not answers(f"http://127.0.0.1:{port}/health"):
            time.sleep(0.002)
        taken = time.perf_counter() - begun
        service.kill()
    return taken


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


def timed(driver: Driver, *words: str) -> float:
    begun = time.perf_counter()
    driver.run(*words)
    return time.perf_counter() - begun


def cpu(argv: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_program(folder: Path) -> list[str]:
    functions = "".join(f"@app.command()\ndef {name}() -> None:\n    'What {name} does.'\n\n" for name in COMMANDS)
    path = folder / "bare.py"
    path.write_text(f"import typer\n\napp = typer.Typer(name='bare')\n\n{functions}app()\n")
    return [sys.executable, str(path), "--help"]


def row(name: str, values: list[float], note: str = "") -> float:
    middle = statistics.median(values)
    print(f"{name:<34} {middle:6.3f} s   [{min(values):.3f} – {max(values):.3f}]   {note}")
    return middle


def main() -> int:
    figures: dict[str, list[float]] = {name: [] for name in ("hand", "up", "again", "down", "help", "bare")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        driver = Driver("bench-up", folder, afresh=True)
        bare = bare_program(folder)
        driver.run("up")
        driver.run("down")
        for _ in range(ROUNDS):
            figures["hand"].append(by_hand(folder))
            figures["up"].append(timed(driver, "up"))
            figures["again"].append(timed(driver, "up"))
            figures["down"].append(timed(driver, "down"))
            figures["help"].append(cpu([LABCTL, "--help"]))
            figures["bare"].append(cpu(bare))
    hand = row("service by hand to /health", figures["hand"])
    up = row("labctl up, canary included", figures["up"], f"{statistics.median(figures['up']) / hand:.2f} x by hand, limit 2.0")
    again = row("labctl up, unchanged", figures["again"], "limit 0.6 s")
    down = row("labctl down", figures["down"], "limit 2 s")
    bare_cpu = row("bare typer --help, CPU", figures["bare"])
    ours = row("labctl --help, CPU", figures["help"], f"{statistics.median(figures['help']) / bare_cpu:.2f} x bare, limit 1.3")
    fine = up <= 2.0 * hand and again <= 0.6 and down <= 2.0 and ours <= 1.3 * bare_cpu
    print(textwrap.dedent("every limit holds" if fine else "A LIMIT IS MISSED"))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
