"""Goal 5, the cost of telemetry: how much of it sampling leaves, and what is lost with it."""

from random import Random
from typing import Final

from labctl.errors import LabError
from labctl.lessons.lesson import Judgement, Lesson, near
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage
from labctl.load.plan.run_options import RunOptions
from labctl.model import TRACE

REQUESTS: Final = 400
TOLERANCE: Final = 1.0                  # percentage points: the spans can be counted
RATE: Final = 100                       # requests per second
DAY_S: Final = 86_400
SERVER: Final = TRACE[0]


def prepare(stage: LabStage, chance: Random) -> Secret:
    ratio = chance.randrange(10, 70, 5) / 100
    stage.set_up(DEFAULT_LATENCY_MS="5", OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG=str(ratio))
    return {"run": stage.send(RunOptions(requests=REQUESTS, rps=float(RATE))).summary.run_id}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    groups = stage.viewer.run_counts(secret["run"])["groups"]
    kept = sum(group["spans"] for group in groups if group["name"] == SERVER and group["kind"] == "server")
    if not groups:
        raise LabError("the viewer no longer has any trace of this lesson's requests", hint="labctl learn --restart")
    share, all_spans = 100 * kept / REQUESTS, len(TRACE) * RATE * DAY_S
    return near(answer, share, TOLERANCE, "percent", (
        (f"{kept} of {REQUESTS} requests have the service's spans, {len(TRACE)} each. At {RATE} requests/s that is "
         f"{all_spans / 1e6:.1f} million spans a day unsampled, and {all_spans * share / 1e8:.1f} million with this sampler."),
        ("The metrics still count every request: sampling traces does not sample metrics. What may be lost is the one "
         "trace that you look for later, unless the decision is made once the trace is complete (tail sampling) and keeps errors "
         "and slow requests."),
    ))


LESSON: Final = Lesson(
    "cost", "Reasoning about observability costs in cloud environments",
    "The bill for traces was too high, so somebody configured a sampler, and has since left. Four hundred requests "
    "have just been sent; nobody knows what share of them the service still traces.",
    "What percentage of these 400 requests have spans from the service?", "labctl answer PERCENT", "labctl runs",
    (
        "Each sampled request has exactly one server span, POST /predict. The client's own spans are kept for all requests.",
        ("labctl metrics http_requests_total counts all requests, sampled or not: only the traces show the share. For a run "
         "of your own it is close, but not the same."),
        ("The viewer counts a run's spans by name and kind: curl VIEWER/api/runs/RUN, with the address from labctl status and "
         "the run from labctl runs; what curl needs with --tls or --auth is in docs/tls-and-tokens.md. Divide the number of "
         "server spans by 400."),
    ),
    prepare, judge,
)
