"""The add-on Prometheus: what a histogram can say of a percentile, and what it cannot."""

from random import Random
from statistics import median
from typing import Final

from labctl.addons.prometheus_api import PrometheusApi
from labctl.components import PROMETHEUS
from labctl.errors import LabError
from labctl.host.waiting import until
from labctl.lessons.lesson import Judgement, Lesson, near
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage
from labctl.load.plan.run_options import RunOptions
from labctl.model import TRACE

REQUESTS: Final = 100
SCRAPED_S: Final = 15.0                 # for the first sample of a service that was started anew; one that was not has some
METRIC: Final = "request_duration_ms"
LATENCIES_MS: Final = (37, 53, 78, 107, 158, 210, 320, 530)     # each near the lower end of a bucket: a busy machine only adds


def prepare(stage: LabStage, chance: Random) -> Secret:
    before = _instances(stage)
    stage.set_up(DEFAULT_LATENCY_MS=str(chance.choice(LATENCIES_MS)), LATENCY_JITTER="0%", SLOW_SPAN="off")
    # increase() begins at the first sample: without one from before the run it would be 0. The canary has made the series
    until(lambda: _instances(stage) - before, SCRAPED_S, every=0.5)
    return {"run": stage.send(RunOptions(requests=REQUESTS, rps=50.0, concurrency=50)).summary.run_id}


def _instances(stage: LabStage) -> set[str]:
    """The service's processes or pods that Prometheus has samples of."""
    return {one.labels.get("instance", "") for one in _prometheus(stage).query(f"{METRIC}_count")}


def _prometheus(stage: LabStage) -> PrometheusApi:
    return PrometheusApi(stage.target.endpoints()[PROMETHEUS.ports[0].name])


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    took = [span.duration_ms for trace in stage.traces(secret["run"]) for span in trace.spans if span.name == TRACE[0]]
    bounds = _bounds(_prometheus(stage))
    middle = median(took)
    bound = next((one for one in bounds if middle <= one), bounds[-1])
    below = max((one for one in bounds if one < bound), default=0.0)
    return near(answer, bound, 0.0, "ms", (
        (f"The median of the {len(took)} requests was {middle:.1f} ms, by their spans. Prometheus has only the bucket: more than "
         f"{below:g} and at most {bound:g} ms."),
        ("histogram_quantile assumes that the requests in a bucket are spread evenly over it, so its figure can be "
         "anything within it. Buckets can be added up over pods and time, which percentiles cannot; narrow buckets around "
         "the objective make it as accurate as needed."),
    ))


def _bounds(prometheus: PrometheusApi) -> list[float]:
    found = sorted({float(one.labels["le"]) for one in prometheus.query(f"count by (le) ({METRIC}_bucket)")} - {float("inf")})
    if not found:
        raise LabError(f"Prometheus has no {METRIC} yet", hint="labctl why prometheus")
    return found


LESSON: Final = Lesson(
    "prometheus", "Next step: metrics in Prometheus (--with prometheus)",
    "The dashboards read Prometheus, which has a histogram of the service's latency but no individual requests. One hundred "
    "requests of a new model have just been sent.",
    "In which bucket of the histogram does their median lie? Its upper bound, in milliseconds:",
    "labctl answer MILLISECONDS", "labctl open prometheus --print",
    (
        f"A bucket's label le is its upper bound, and it counts all requests up to that: {METRIC}_bucket.",
        f"Query what was added recently: sum by (le) (increase({METRIC}_bucket[1m]))",
        (f"histogram_quantile(0.5, sum by (le) (increase({METRIC}_bucket[1m]))) is a number within the bucket; the next le above "
         "it is the answer."),
    ),
    prepare, judge, needs=PROMETHEUS.addon,
)
