"""Made-up outcomes of load runs, for the tests of their views."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from labctl.load.judge.capacity import Capacity, Trial
from labctl.load.judge.compare import Comparison
from labctl.load.judge.verdicts import Verdict
from labctl.load.kept_runs import KeptRun
from labctl.telemetry.statistics.change import Change
from tests.unit.ui.samples import SUMMARY, TROUBLED

_AT: Final = 1795442400.0
RUNS_AT: Final = _AT + 88000

JUDGED: Final = (
    Verdict("p99 < 200 ms", "503 ms", 502.6, met=False),
    Verdict("p99.9 < 1 s", "too few samples, 500 of 3 688; slowest 520 ms", None, met=True),
    Verdict("errors < 1 %", "0 %", 0.0, met=True),
)
RUNS: Final = (
    KeptRun(Path("1795442400000-9f3c2a1b00d1e2f3.json"), _AT, "", (), SUMMARY),
    KeptRun(
        Path("1795443000000-b31c0de5a7f09c44.json"), _AT + 600, "steady", JUDGED,
        replace(SUMMARY, run_id="b31c0de5a7f09c44"),
    ),
    KeptRun(
        Path("1795443900000-04d2c1b0a9f8e7d6.json"), _AT + 1500, "soak", JUDGED[1:],
        replace(SUMMARY, run_id="04d2c1b0a9f8e7d6"),
    ),
    KeptRun(Path("1795530300000-77aa65b4c3d2e1f0.json"), _AT + 87900, "", (), replace(TROUBLED, run_id="77aa65b4c3d2e1f0")),
)
COMPARISON: Final = Comparison(
    (
        Change("p50", 98.3, 108.4, 0.103, 0.097, 0.108, "slower", worse=True),
        Change("p99", 502.6, 478.0, -0.049, -0.22, 0.09, "no difference", worse=False),
        Change("rate", 49.6, 24.8, 0.0, -0.01, 0.01, "as planned", worse=False, before_share=0.99, after_share=0.99),
        Change("errors", 0.0, 2.2, 2.2, None, None, "more", worse=True),
    ),
    ("the runs differ in their workers: 10 and 20",),
)
_HELD: Final = Trial(512.0, 511.6, 99.1, 143.0, 0.0, held=True, why="", workers=100, waited=False)
CAPACITY: Final = Capacity("http://127.0.0.1:9002/predict", _HELD, (
    Trial(438.0, 437.8, 98.3, 118.0, 0.0, held=True, why="", workers=100, waited=False), _HELD,
    Trial(530.0, 521.0, 121.0, 388.0, 0.002, held=False, why="p99 < 200 ms broken", workers=100, waited=False),
    Trial(548.0, 519.0, 310.0, 612.0, 0.021, held=False, why="p99 < 200 ms broken", workers=100, waited=False),
))
