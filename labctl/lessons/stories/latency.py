"""Goal 4, debugging latency: one slow request among many, and the step that made it slow."""

from random import Random
from typing import Final

from labctl.lessons.lesson import Judgement, Lesson, Secret, near
from labctl.lessons.stage import LabStage, steps_of
from labctl.load.plan.run_options import RunOptions
from labctl.model import TRACE

REQUESTS: Final = 200
TOLERANCE: Final = 0.05                 # of the time itself


def prepare(stage: LabStage, chance: Random) -> Secret:
    step, ms = chance.choice(TRACE[1:]), chance.randrange(250, 900)
    stage.set_up(DEFAULT_LATENCY_MS="20", SLOW_SPAN=f"{step}:3%:{ms}ms")
    return {"run": stage.send(RunOptions(requests=REQUESTS, rps=50.0, concurrency=50)).summary.run_id}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    traces = stage.traces(secret["run"])
    slowest = max(traces, key=lambda trace: trace.duration_ms)
    steps = steps_of(slowest)
    step, truth = max(steps.items(), key=lambda one: one[1])
    usual = sorted(steps_of(trace).get(step, 0.0) for trace in traces)[len(traces) // 2]
    return near(answer, truth, TOLERANCE * truth, "ms", (
        f"{step} took {truth:.0f} ms in this request and {usual:.1f} ms in the median of the run: the same code, the same input.",
        "Metrics say how many requests are slow; an exemplar or the slowest trace leads to one of them, its spans to the step.",
    ), slowest.trace_id)


LESSON: Final = Lesson(
    "latency", "Debugging latency issues in ML inference services",
    "Two hundred predictions have just been made. Nearly all took 20 ms. One customer's took far longer, and they ask why.",
    "How long, in milliseconds, did the step that made the slowest request slow take?", "labctl answer MILLISECONDS",
    (
        "Begin with the slowest request of the last run, not with the average.",
        "labctl trace slowest",
        "The answer stands at the end of the longest bar that has no bar below it.",
    ),
    prepare, judge,
)
