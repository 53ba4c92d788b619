"""Goal 1, tracing and metrics: which step of the service takes the time."""

from collections.abc import Sequence
from random import Random
from statistics import median
from typing import Final

from labctl.errors import UsageError
from labctl.lessons.lesson import Judgement, Lesson
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage, steps_of
from labctl.load.plan.run_options import RunOptions
from labctl.model import TRACE
from labctl.telemetry.trace import Trace

STEPS: Final = TRACE[1:]
REQUESTS: Final = 60


def prepare(stage: LabStage, chance: Random) -> Secret:
    step, ms = chance.choice(STEPS), chance.randrange(80, 200, 5)
    stage.set_up(DEFAULT_LATENCY_MS="15", SLOW_SPAN=f"{step}:100%:{ms}ms")
    return {"run": stage.send(RunOptions(requests=REQUESTS, rps=20.0)).summary.run_id}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    traces = stage.traces(secret["run"])
    medians = {step: median(steps_of(trace).get(step, 0.0) for trace in traces) for step in STEPS}
    slowest = max(medians, key=lambda step: medians[step])
    if answer.strip() not in STEPS:
        raise UsageError(f"{answer:.60} is not a step of the service", detail=", ".join(STEPS), hint="labctl learn")
    if answer.strip() != slowest:
        took = medians[answer.strip()]
        return Judgement(right=False, said=f"{answer} took {took:.1f} ms in the median: another step took more")
    return Judgement(
        right=True, said=f"{slowest} took {medians[slowest]:.0f} ms in the median", trace_id=_typical(traces, slowest).trace_id,
        learnt=(
            ("The server span says how long a request took, and its children where the time went. A metric alone "
            "(request_duration_ms) shows that requests are slow; only the trace shows which step made them slow."),
            "The steps were: " + ", ".join(f"{step} {ms:.1f} ms" for step, ms in medians.items()) + " (medians of the run).",
        ),
    )


def _typical(traces: Sequence[Trace], step: str) -> Trace:
    return sorted(traces, key=lambda trace: steps_of(trace).get(step, 0.0))[len(traces) // 2]


LESSON: Final = Lesson(
    "tracing", "Implementing OpenTelemetry tracing and metrics",
    "Since this morning's release every prediction takes longer. The team that owns the model says that the model is as fast as "
    "ever. Sixty requests have just been sent to the service, and each left a trace.",
    "Which of the service's three steps takes the most time?", "labctl answer STEP", "labctl metrics",
    (
        "A trace is a tree: the service's steps are the children of its server span.",
        "labctl trace slowest draws one request of the last run as a waterfall.",
        "The longest bar below POST /predict is the step.",
    ),
    prepare, judge,
)
