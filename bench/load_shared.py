"""Generator and service on one core, where what the generator takes is missing from the result: ours against wrk.

A closed loop of 10 against the lab's own service, as `labctl up` starts it; collector and viewer have the other core. Ours once
as the product does it, with a client span for every request, and once without. Good is 0.8 of wrk's rate with spans.
"""

import argparse
import secrets
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import psutil
from load_engine import CORES, ours, pinned, wrk, wrk_script

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from labctl.load.plan.load_plan import LoadPlan  # noqa: E402 - the path is set above
from tests.driver import Driver, a_name  # noqa: E402

LEAST = 0.8
CONNECTIONS = 10
BODY = b'{"features":[0.5,1.5,2.0]}'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of one turn")
    wanted = parser.parse_args()
    settings = {"DEFAULT_LATENCY_MS": "0"}             # else the model's time is all that is measured
    with tempfile.TemporaryDirectory() as folder, Driver(a_name("bench"), Path(folder), settings=settings).up() as lab:
        for name, pid in lab.pids().items():
            for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
                one.cpu_affinity([CORES[0] if name == "service" else CORES[-1]])
        plan = LoadPlan(
            f"{lab.url('SERVICE')}/predict", body=BODY, requests=None, duration_s=wanted.seconds, run_id=secrets.token_hex(8),
        )
        script = wrk_script(Path(folder), plan)
        with pinned(0):
            rounds = [turn(plan, script, lab.url("OTLP_HTTP")) for _ in range(wanted.rounds)]
    wrks, spans, plain = zip(*rounds, strict=True)
    ratio = statistics.median(own / peer for peer, own, _ in rounds)
    alone = statistics.median(own / peer for peer, _, own in rounds)
    rows = (("wrk", wrks, ""), ("with spans", spans, f"{ratio:.2f} x wrk"), ("without", plain, f"{alone:.2f} x wrk"))
    for name, rates, note in rows:
        print(f"{name:<11} {statistics.median(rates):7.0f}/s  [{min(rates):.0f} – {max(rates):.0f}]  {note}")
    return 0 if ratio >= LEAST else 1


def turn(plan: LoadPlan, script: Path, otlp: str) -> tuple[float, float, float]:
    """Answers per second of wrk, of ours with spans, and of ours without."""
    own = replace(plan, run_id=secrets.token_hex(8), otlp=otlp)
    return wrk(plan, script, CONNECTIONS)[0], ours(own, CONNECTIONS)[0], ours(replace(own, otlp=None), CONNECTIONS)[0]


if __name__ == "__main__":
    sys.exit(main())
