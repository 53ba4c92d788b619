"""How much memory a long run takes: 10 000 000 requests by the command line, against nginx, over 50 connections.

The resident memory of the command and of all that it starts, together, is looked at twice a second. Good is a peak below 120 MB,
and no more than 5 MB from when a fifth of the time is over to the end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from load_engine import nginx, pinned

MOST_MB, MOST_GROWTH_MB = 120.0, 5.0
EVERY_S = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", "--requests", type=int, default=10_000_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, nginx(Path(folder)) as (port, _), pinned(0):
        argv = [
            sys.executable, "-m", "labctl", "load", "--url", f"http://127.0.0.1:{port}/predict", "-n", str(wanted.requests),
            "-c", "50", "-o", "json",
        ]
        environ = {**os.environ, "LABCTL_STATE_DIR": folder}
        with tempfile.TemporaryFile() as out:
            with subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL, env=environ) as run:
                found = watch(psutil.Process(run.pid))
            out.seek(0)
            summary = json.load(out)
    early, late = max(found[:len(found) // 5]), max(found[len(found) // 5:])
    print(f"{summary['requests']['successful']} answers at {summary['rate']:.0f}/s")
    print(f"memory: {max(found):.1f} MB at the peak, at most {early:.1f} MB in the first fifth and {late:.1f} MB after it")
    return 0 if max(found) < MOST_MB and late - early < MOST_GROWTH_MB else 1


def watch(run: psutil.Process) -> list[float]:
    """Megabytes of it and its children, until it has ended."""
    found = []
    while run.is_running() and run.status() != psutil.STATUS_ZOMBIE:
        with suppress(psutil.NoSuchProcess):
            found.append(sum(one.memory_info().rss for one in (run, *run.children(recursive=True))) / 1e6)
        time.sleep(EVERY_S)
    return found


if __name__ == "__main__":
    sys.exit(main())
