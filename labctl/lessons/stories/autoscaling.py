"""The add-on hpa: how many pods the autoscaler scales the service to."""

import time
from collections.abc import Iterator
from random import Random
from typing import Final

from labctl.errors import UsageError
from labctl.lessons.lesson import Judgement, Lesson, near
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage
from labctl.load import kept_runs
from labctl.switches import addons

CLIENTS: Final = 6
LEAST_S: Final = 50.0                   # of a run: the autoscaler looks every 15 s at what was measured over the 15 s before
LOAD: Final = f"labctl load -c {CLIENTS} --duration 80s"


def prepare(stage: LabStage, chance: Random) -> Secret:
    ms = chance.randrange(8, 20)
    stage.set_up(MODEL_WORK="cpu", DEFAULT_LATENCY_MS=str(ms), LATENCY_JITTER="0%")
    return {"ms": ms, "since": time.time()}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    most = max(_measured(stage, secret), default=0)
    if not most:
        raise UsageError(f"no load of at least {LEAST_S:.0f} s with {CLIENTS} clients has been sent since", hint=LOAD)
    return near(answer, most, 0.0, "pods", (
        (f"Under {CLIENTS} clients without a pause the service grew to {most} pods. The autoscaler wants "
         "ceil(pods x use / target) of them: a pod that uses its whole limit of 500m uses 200 % of its request of 250m, and with "
         "a target of 70 % that is 3 pods for 1."),
        ("It looks every 15 s, adds two pods at a time and waits a minute before it takes one away, so a load of a few seconds "
         "changes nothing. It knows only what metrics-server measures: a service that waits instead of computing stays at one "
         "pod, however slow it is."),
    ))


def _measured(stage: LabStage, secret: Secret) -> Iterator[int]:
    """The most pods of each of the learner's runs since the lesson began."""
    for run in kept_runs.kept(stage.config.state).runs:
        loop = run.summary
        if run.at >= secret["since"] and loop.target_rate is None and loop.concurrency >= CLIENTS and loop.duration_s >= LEAST_S:
            yield max((count for _, count in run.use.replicas), default=0)


LESSON: Final = Lesson(
    "autoscaling", "Next step: autoscaling (--with hpa, in a cluster)",
    "The model computes now, and one pod is too slow at noon. The autoscaler of the add-on hpa is to add pods by their CPU use.",
    f"To how many pods is the service scaled while {CLIENTS} clients send without a pause?", "labctl answer PODS", "labctl top",
    (
        f"{LOAD} sends such a load, and says what the number of pods was.",
        "The autoscaler keeps the CPU use near 70 % of what a pod requests, which is 250m; its limit is twice that.",
        "The answer is the highest number of pods that the run reports; labctl load … -o json has them as replicas.",
    ),
    prepare, judge, needs=addons.HPA, judged_live=True,
)
