"""The add-on Jaeger: a search finds what it is asked for, and no more than its limit."""

import time
from random import Random
from typing import Final

from labctl.addons.in_jaeger import JaegerSearch, slow_traces
from labctl.components import JAEGER
from labctl.config import BY_NAME
from labctl.errors import LabError
from labctl.lessons.lesson import Judgement, Lesson, near
from labctl.lessons.progress import Secret
from labctl.lessons.stage import MOST_TRACES, LabStage
from labctl.load.plan.run_options import RunOptions
from labctl.model import TRACE

REQUESTS: Final = 200
LIMIT_MS: Final = 300
EARLIER: Final = 2.0                    # that a search finds beside them: the canary before them may have been slow too
_NAME: Final = "OTEL_SERVICE_NAME"
USUAL: Final = 20                       # traces that Jaeger's page lists unless told otherwise


def prepare(stage: LabStage, chance: Random) -> Secret:
    share, ms = chance.randrange(18, 40), chance.randrange(450, 900, 50)
    stage.set_up(DEFAULT_LATENCY_MS="20", SLOW_SPAN=f"model_inference:{share}%:{ms}ms")
    begun = time.time()
    return {"run": stage.send(RunOptions(requests=REQUESTS, rps=50.0, concurrency=50)).summary.run_id, "begun": begun}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    service = stage.config.spec().service_env.get(_NAME, BY_NAME[_NAME].default)
    search = JaegerSearch(service, TRACE[0], secret["begun"], LIMIT_MS, 10 * REQUESTS)
    found = slow_traces(stage.target.endpoints()[JAEGER.ports[0].name], search)
    mine = {str(one["trace_id"]) for one in stage.viewer.traces(run=secret["run"], limit=MOST_TRACES)}
    slow = [one for one in found if one in mine]
    if not slow:
        raise LabError("Jaeger no longer has any slow trace of this lesson's requests", hint="labctl learn --restart")
    return near(answer, len(slow), EARLIER, "requests", (
        (f"{len(slow)} of {REQUESTS} requests took longer than {LIMIT_MS} ms. Jaeger lists {USUAL} traces unless a higher limit "
         "is asked for: a list as long as its limit is not a count."),
        ("A search reads what is still stored: here 50 000 traces in memory, then the oldest is evicted. Rates and shares are "
         "for metrics; traces say what one request did."),
    ), slow[0])


LESSON: Final = Lesson(
    "jaeger", "Next step: traces in Jaeger (--with jaeger)",
    f"A team says that {USUAL} requests were slow today, since Jaeger lists {USUAL}. Two hundred requests have just been sent.",
    f"By Jaeger's search, how many of these requests took longer than {LIMIT_MS} ms?", "labctl answer REQUESTS",
    "labctl open jaeger --print",
    (
        "Search for the service ai-inference-service, the operation POST /predict, and a Min Duration of 300ms.",
        "Set Limit Results higher than the number of requests, and Lookback so that no earlier requests are found.",
        ("Its API counts as well: "
         "/api/traces?service=ai-inference-service&operation=POST%20%2Fpredict&minDuration=300ms&limit=1000"),
    ),
    prepare, judge, needs=JAEGER.addon,
)
