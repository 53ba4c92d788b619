"""Goal 3, histograms and percentiles: a mean that describes no request at all."""

from random import Random
from typing import Final

from labctl.lessons.lesson import Judgement, Lesson, near
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage
from labctl.load.plan.run_options import RunOptions

LIMIT_MS: Final = 300                   # a bound of the service's histograms, so that buckets answer exactly
REQUESTS: Final = 200
TOLERANCE: Final = 0.75                 # percentage points: one request and a half of the 200


def prepare(stage: LabStage, chance: Random) -> Secret:
    share, ms = chance.randrange(4, 25), chance.randrange(450, 900, 50)
    stage.set_up(DEFAULT_LATENCY_MS="20", SLOW_SPAN=f"model_inference:{share}%:{ms}ms")
    return {"run": stage.send(RunOptions(requests=REQUESTS, rps=50.0, concurrency=50)).summary.run_id}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    took = sorted(trace.duration_ms for trace in stage.traces(secret["run"]))
    slow = sum(ms > LIMIT_MS for ms in took)
    share, mean = 100 * slow / len(took), sum(took) / len(took)
    return near(answer, share, TOLERANCE, "percent", (
        (f"{slow} of {len(took)} requests took longer than {LIMIT_MS} ms. The mean of all is {mean:.0f} ms, and "
        f"{sum(abs(ms - mean) < 0.1 * mean for ms in took)} of them took about that long: the mean lies between two groups."),
        (f"The median is {took[len(took) // 2]:.0f} ms and p99 {took[-max(len(took) // 100, 1)]:.0f} ms. A histogram shows "
         "both groups, and its buckets can be added up over instances and time, which percentiles cannot."),
    ))


LESSON: Final = Lesson(
    "histograms", "Creating rich metrics with histogram buckets for latency distribution",
    "The dashboard shows the mean latency, and it looks acceptable. A few customers say that the service is unusable. Two "
    "hundred requests have just been sent.",
    f"What percentage of these requests took longer than {LIMIT_MS} ms?", "labctl answer PERCENT", "labctl metrics",
    (
        "The service's histograms have a bucket boundary at exactly 300 ms.",
        "labctl metrics request_duration_ms lists the buckets, with the number of requests in each; earlier requests count too.",
        ("With --since it counts recent requests only, such as --since 1m: choose a time that holds the 200 requests and no "
         "earlier ones, add up the buckets above 300 ms, and divide by the value."),
    ),
    prepare, judge,
)
