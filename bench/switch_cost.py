"""What each switch of `labctl up` costs: the service's latency, and CPU of service, collector and viewer per 1 000 requests.

    python bench/switch_cost.py [SWITCH=VALUE…] [--rounds 3] [--rps 200] [--seconds 5]        (default: those that cost something)

A lab of plain processes with the real collector. In every round each variant has a turn, beginning with none; the ratio is to the
turn with none of the same round. Printed: medians, and the least and the greatest ratio. Latency is from sending to the answer,
of a model that takes 5 ms.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from labctl.switches.table import BY_NAME, SWITCHES  # noqa: E402
from tests.addons import programs  # noqa: E402
from tests.combinations import at_port  # noqa: E402
from tests.driver import PORTS, free_ports  # noqa: E402

LABCTL = str(Path(sys.executable).parent / "labctl")
NONE = "none"
COMPONENTS = ("service", "collector", "viewer")
LATENCIES = ("p50", "p99")
DEFAULTS = (
    "tls=on", "mtls=on", "auth=on", "sampling=10%", "sampling=tail:errors,slow>400ms,5%", "redact=on", "persist=on",
    "export=prometheus,file", "aggregate=on", "with=prometheus,jaeger,logs", "slo=p99<200ms,errors<1%",
)


class BenchLab:
    def __init__(self, state: str) -> None:
        ports = {f"LABCTL_{name}_PORT": str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
        mine = {"LABCTL_LAB": "switch-cost", "LABCTL_STATE_DIR": state, "LABCTL_TARGET": "local", "DEFAULT_LATENCY_MS": "5"}
        [self.port] = free_ports(1)
        self.env = {**os.environ, **mine, **ports}

    def run(self, *words: str) -> str:
        said = subprocess.run([LABCTL, *words], env=self.env, capture_output=True, text=True, timeout=180, check=False)
        if said.returncode:
            raise SystemExit(f"labctl {' '.join(words)}: exit {said.returncode}\n{said.stderr}")
        return said.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "-o", "json"))

    def cpu_s(self) -> dict[str, float]:
        pids = {one["name"]: one["pid"] for one in self.json("status")["components"]}
        times = {name: psutil.Process(pids[name]).cpu_times() for name in COMPONENTS}
        return {name: spent.user + spent.system for name, spent in times.items()}


def words(variant: str, port: int) -> list[str]:
    """The flags of `up`: what the variant names is on, and nothing else. `port`: of the collector's page for Prometheus."""
    on = at_port(dict(part.split("=", 1) for part in variant.split()) if variant != NONE else {}, port)
    return [word for switch in SWITCHES for word in (f"--{switch.name}", on.get(switch.name, "off"))]


def example(variant: str) -> str:
    """With the switches that it needs."""
    name, _, _ = variant.partition("=")
    return " ".join([variant, *(f"{other}={BY_NAME[other].examples[0]}" for other in BY_NAME[name].needs)])


def turn(lab: BenchLab, variant: str, rps: int, seconds: float) -> dict[str, float]:
    """CPU seconds per 1 000 requests by component, and milliseconds by percentile."""
    lab.run("up", *words(variant, lab.port))
    lab.run("load", "-n", str(rps), "--rps", str(rps))
    before = lab.cpu_s()
    run = lab.json("load", "--rps", str(rps), "-d", f"{seconds}s")
    after = lab.cpu_s()
    latencies = {name: run["service_time_ms"][name] for name in LATENCIES}
    return latencies | {name: 1000 * (after[name] - before[name]) / run["requests"]["sent"] for name in COMPONENTS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("variants", nargs="*", metavar="SWITCH=VALUE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rps", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    programs.put_on_path()
    variants = [NONE, *map(example, given.variants or DEFAULTS)]
    spent: dict[str, list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as state:
        lab = BenchLab(state)
        try:
            for _ in range(given.rounds):
                for variant in variants:
                    spent[variant].append(turn(lab, variant, given.rps, given.seconds))
        finally:
            lab.run("down")
    print(f"latency in ms and CPU seconds per 1 000 requests, median of {given.rounds}; in brackets the ratio to none")
    for variant in variants:
        figures = (figure(name, spent[variant], spent[NONE]) for name in (*LATENCIES, *COMPONENTS))
        print(f"{variant:52} {'   '.join(figures)}")


def figure(name: str, mine: list[dict[str, float]], none: list[dict[str, float]]) -> str:
    ratios = [one[name] / other[name] for one, other in zip(mine, none, strict=True)]
    return f"{name} {statistics.median(one[name] for one in mine):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


if __name__ == "__main__":
    main()
