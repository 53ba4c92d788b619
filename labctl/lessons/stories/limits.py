"""Goal 6, limits and isolation: how many requests a service that computes can serve."""

from random import Random
from typing import Final

from labctl.lessons.lesson import Judgement, Lesson, Secret, near
from labctl.lessons.stage import LabStage
from labctl.load.plan.run_options import RunOptions

WORKERS: Final = 6
SECONDS: Final = 4.0
TOLERANCE: Final = 0.3                  # of the rate: a shared machine is not the same from one minute to the next


def prepare(stage: LabStage, chance: Random) -> Secret:
    ms = chance.randrange(12, 60)
    stage.set_up(MODEL_WORK="cpu", DEFAULT_LATENCY_MS=str(ms), LATENCY_JITTER="0%")
    return {"ms": ms}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    summary = stage.send(RunOptions(closed=True, concurrency=WORKERS, duration_s=SECONDS)).summary
    return near(answer, summary.rate, TOLERANCE * summary.rate, "requests/s", (
        (f"{WORKERS} workers got {summary.rate:.1f} answers per second just now. An inference needs {secret['ms']} ms of CPU: "
         f"one core can do {1000 / secret['ms']:.0f} of them per second, and half a core half as many."),
        ("Beyond that rate latency grows without a bound: requests wait. More workers do not help, a higher limit or a second "
        "replica does. The limit is also what protects the neighbours in the namespace."),
    ))


LESSON: Final = Lesson(
    "limits", "Production-ready namespace isolation and resource management",
    "The new model computes instead of waiting. Marketing has announced it, and asks how much traffic the service can take.",
    "How many requests per second can this service serve at most?", "labctl answer REQUESTS_PER_SECOND",
    (
        "In a closed loop the rate is what the server can do: labctl load -c 6 --duration 5s",
        "labctl top shows the CPU that the service uses, and where it has a limit, how often it is throttled.",
        "The answer is the rate that labctl load -c 6 --duration 5s reports.",
    ),
    prepare, judge,
)
