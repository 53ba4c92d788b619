"""What the live board costs the figures that it shows: pairs of equal runs, the board on in one and off in the other.

1000/s over 10 connections against a server that answers after 5 ms. The board writes to a terminal of its own (a pty, read as
fast as it is written), eight frames a second. Which of a pair comes first alternates, so that a machine that gets busier is
not taken for the board. Good is a 95 % interval of the difference in p99 (Student's t over the pairs) within 0.5 ms.
"""

import argparse
import contextlib
import os
import secrets
import statistics
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

from reference import reference
from rich.console import Console

from labctl.load.generator import session
from labctl.load.measure.summary import Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.ui.load.board import board

MOST_MS = 0.5
STUDENT = {3: 4.303, 5: 2.776, 10: 2.262, 15: 2.145, 20: 2.093}     # two-sided 95 % by number of pairs
TAIL = tuple(f"2026-11-23T14:02:1{second}.402Z info Traces  resource spans: 2, spans: 250" for second in range(6))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=10, choices=STUDENT)
    parser.add_argument("--seconds", type=float, default=10.0, help="of one run")
    wanted = parser.parse_args()
    with reference(5) as server:
        plan = LoadPlan(server.url, requests=round(1000 * wanted.seconds), rps=1000.0)
        differences = [pair(plan, number) for number in range(wanted.pairs)]
    mean = statistics.mean(differences)
    margin = STUDENT[wanted.pairs] * statistics.stdev(differences) / sqrt(len(differences))
    print(f"p99, board on less off: {mean:+.3f} ms, 95 % interval {mean - margin:+.3f} to {mean + margin:+.3f} ms")
    return 0 if max(abs(mean - margin), abs(mean + margin)) <= MOST_MS else 1


def pair(plan: LoadPlan, number: int) -> float:
    """Milliseconds that p99 is longer with the board."""
    runs = {on: run(plan, on) for on in ((True, False) if number % 2 else (False, True))}
    off, on = runs[False].latency, runs[True].latency
    shown = (f"{name} p50 {one.p50:.2f} p99 {one.p99:.2f} ms" for name, one in (("off", off), ("on", on)))
    print(f"{number + 1:>3}  {'   '.join(shown)}", flush=True)
    return on.p99 - off.p99


def run(plan: LoadPlan, on: bool) -> Summary:
    plan = replace(plan, run_id=secrets.token_hex(8))
    return watched(plan) if on else session.run(plan, lambda _: None)


def watched(plan: LoadPlan) -> Summary:
    """The run with the board on."""
    with terminal() as console, board(console, plan) as view:
        return session.run(plan, lambda snapshot: view.update(snapshot, TAIL))


@contextlib.contextmanager
def terminal() -> Iterator[Console]:
    """A terminal of 100 by 40 cells at which somebody looks."""
    outer, inner = os.openpty()
    thread = threading.Thread(target=drain, args=(outer,), daemon=True)
    thread.start()
    with open(inner, "w", encoding="utf-8") as file:  # noqa: PTH123 a descriptor has no path
        yield Console(file=file, force_terminal=True, width=100, height=40)
    thread.join()
    os.close(outer)


def drain(descriptor: int) -> None:
    with contextlib.suppress(OSError):              # Linux's way to say that the other end is closed
        while os.read(descriptor, 65536):
            pass


if __name__ == "__main__":
    sys.exit(main())
