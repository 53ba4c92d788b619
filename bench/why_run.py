"""How long `labctl why RUN` takes for a run of 100 000 spans, and how much memory it and the viewer need for it.

It makes a run of 20 000 requests up, sends it to a viewer of its own, and lets a process read and explain it.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.unit.why.runs.made_up import RUN, bodies, run
from tests.viewer import Viewer

REQUESTS, SPANS_EACH, MOST_S = 20_000, 5, 3.0
EXPLAIN = """
import resource, sys, time
import gc
gc.disable()                            # as the command does
begun = time.perf_counter()
from labctl.viewer_client.client import ViewerClient
from labctl.why.runs.explain_run import explain_run
from labctl.ui.kit.console import out
from labctl.ui.why import run
found = explain_run(ViewerClient(sys.argv[1]), sys.argv[2])
out().print(run.render(found))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
print(f"{time.perf_counter() - begun:.2f} s with imports, {time.process_time():.2f} s of CPU, {peak} MiB", file=sys.stderr)
"""


def main() -> None:
    def slow(sent, chance):
        sent.format += 400 * (chance.random() < 0.01)

    with tempfile.TemporaryDirectory() as folder:
        viewer = Viewer(Path(folder))
        try:
            for body in bodies(run(REQUESTS, 200.0, change=slow)):
                assert viewer.send(body).status == 200
            before = psutil.Process(viewer.process.pid)
            cpu, rss = sum(before.cpu_times()[:2]), viewer.rss()
            for _ in range(3):
                begun = time.perf_counter()
                subprocess.run([sys.executable, "-c", EXPLAIN, viewer.url, RUN], check=True, stdout=subprocess.DEVNULL)
                took = time.perf_counter() - begun
                load = os.getloadavg()[0]
                print(f"{REQUESTS * SPANS_EACH} spans: {took:.2f} s wall (at most {MOST_S:g} when idle), load {load:.1f}")
            print(f"viewer: {(sum(before.cpu_times()[:2]) - cpu) / 3:.2f} s of CPU each, {(viewer.rss() - rss) >> 20} MiB more")
        finally:
            viewer.kill()


if __name__ == "__main__":
    main()
