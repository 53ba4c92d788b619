"""Goal 6, limits and isolation: how many requests a service that computes can serve."""

import time
from collections.abc import Iterator
from random import Random
from typing import Final

from labctl.lessons.lesson import Judgement, Lesson, near, number
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage
from labctl.load import kept_runs
from labctl.load.plan.run_options import RunOptions

WORKERS: Final = 6
SECONDS: Final = 4.0
LEAST_S: Final = 2.0                    # of a run that tells
TOLERANCE: Final = 0.3                  # of the rate: a shared machine is not the same from one minute to the next


def prepare(stage: LabStage, chance: Random) -> Secret:
    ms = chance.randrange(12, 60)
    stage.set_up(MODEL_WORK="cpu", DEFAULT_LATENCY_MS=str(ms), LATENCY_JITTER="0%")
    return {"ms": ms, "since": time.time()}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    """By a run of its own, and by those of the learner: on a shared machine each is as true as the other."""
    summary = stage.send(RunOptions(closed=True, concurrency=WORKERS, duration_s=SECONDS)).summary
    given = number(answer) or summary.rate
    nearest = min((summary.rate, *_measured(stage, secret)), key=lambda rate: abs(rate - given))
    return near(answer, nearest, TOLERANCE * nearest, "requests/s", (
        (f"{WORKERS} clients in a closed loop got {summary.rate:.1f} answers per second just now. An inference takes "
         f"{secret['ms']} ms of CPU, so one core can do at most {1000 / secret['ms']:.0f} per second, half a core half of that."),
        ("Above that rate requests queue, and latency grows without bound. More clients do not help; more CPU for the service "
        "does: a higher limit, or a second replica. A CPU limit also protects the other pods on the node."),
    ))


def _measured(stage: LabStage, secret: Secret) -> Iterator[float]:
    """The rates of the closed loops since the lesson began that had enough clients, and lasted long enough."""
    for run in kept_runs.kept(stage.config.state).runs:
        loop = run.summary
        enough = loop.target_rate is None and loop.concurrency >= WORKERS and loop.duration_s >= LEAST_S
        if enough and run.at >= secret.get("since", 0.0):
            yield loop.rate


LESSON: Final = Lesson(
    "limits", "Production-ready namespace isolation and resource management",
    "The new model computes instead of waiting. Marketing is about to announce it, and asks how much traffic the service "
    "can take.",
    "How many requests per second can this service serve at most (within 30 %)?", "labctl answer REQUESTS_PER_SECOND",
    "labctl predict 0.5 1.5 2.0",
    (
        "In a closed loop, with enough clients, the rate is the most that the server can do: labctl load -c 6 --duration 5s",
        "While a load runs, labctl top shows the CPU that the service uses and, where it has a limit, how much it is throttled.",
        "The answer is the rate that labctl load -c 6 --duration 5s reports.",
    ),
    prepare, judge, judged_live=True,
)
