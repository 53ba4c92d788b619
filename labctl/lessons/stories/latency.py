"""Goal 4, debugging latency: one slow request among many, and the step that made it slow."""

from random import Random
from typing import Final

from labctl.lessons.lesson import Judgement, Lesson, near
from labctl.lessons.progress import Secret
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
        f"{step} took {truth:.0f} ms in this request, and {usual:.1f} ms in the median of the run.",
        ("Metrics say how many requests are slow; an exemplar or labctl trace slowest leads to one of them, and its spans to "
         "the step."),
    ), slowest.trace_id)


LESSON: Final = Lesson(
    "latency", "Debugging latency issues in ML inference services",
    "Two hundred predictions have just been made. Nearly all took about 20 ms; a few took far longer, and "
    "a customer asks why.",
    "In the slowest request, how many milliseconds did its slowest step take?", "labctl answer MILLISECONDS",
    "labctl runs",
    (
        "Begin with the slowest request of the last run, not with a typical one.",
        "labctl trace slowest",
        "Of the bars below POST /predict, take the longest: its duration is the answer.",
    ),
    prepare, judge,
)
