"""The add-on VictoriaLogs: from a log record to the trace of its request."""

from random import Random
from typing import Final

from labctl.components import VICTORIA_LOGS
from labctl.errors import LabError, UsageError
from labctl.lessons.lesson import Judgement, Lesson
from labctl.lessons.progress import Secret
from labctl.lessons.stage import LabStage
from labctl.load.plan.run_options import RunOptions
from labctl.model import TRACE
from labctl.telemetry.trace import Trace

REQUESTS: Final = 120
STEPS: Final = TRACE[1:]


def prepare(stage: LabStage, chance: Random) -> Secret:
    stage.set_up(DEFAULT_LATENCY_MS="15", FAILING_SPAN=f"{chance.choice(STEPS)}:{chance.randrange(8, 20)}%")
    return {"run": stage.send(RunOptions(requests=REQUESTS, rps=60.0)).summary.run_id}


def judge(stage: LabStage, secret: Secret, answer: str) -> Judgement:
    if answer.strip() not in STEPS:
        raise UsageError(f"{answer:.60} is not a step of the service", detail=", ".join(STEPS), hint="labctl learn")
    failed = [trace for trace in stage.traces(secret["run"]) if failing_step(trace)]
    if not failed:
        raise LabError("none of this lesson's requests has failed", hint="labctl learn --restart")
    step = failing_step(failed[0])
    if answer.strip() != step:
        return Judgement(right=False, said=f"in the requests that failed, {answer.strip()} did not")
    return Judgement(
        right=True, said=f"{step} failed in {len(failed)} of {REQUESTS} requests", trace_id=failed[0].trace_id,
        learnt=(
            ("The log record says that a request failed, and carries its trace id; the trace says where. The SDK "
             "puts the id there by itself, because the record is written while the span is open."),
            ("A search over all records finds the few that matter by their fields, such as http.response.status_code: nobody "
             "reads 120 lines, nor parses their text."),
        ),
    )


def failing_step(trace: Trace) -> str:
    """The innermost step of the service with an error; "": none."""
    wrong = [span.name for span in trace.spans if span.name in STEPS and span.status == "error"]
    return wrong[-1] if wrong else ""


LESSON: Final = Lesson(
    "logs", "Next step: logs in VictoriaLogs (--with logs)",
    "Some predictions are answered with 500. Nobody knows which, or why. One hundred and twenty requests have just been sent, "
    "and their log records are in VictoriaLogs.",
    "Which of the service's three steps fails in those requests?", "labctl answer STEP",
    "labctl logs --query '*' --since 2m --limit 5",
    (
        "Every record of a request has the field http.response.status_code.",
        "labctl logs --query '\"http.response.status_code\":500' --since 2m",
        "labctl trace ID, with the trace of one of those records: the step with the error is the answer.",
    ),
    prepare, judge, needs=VICTORIA_LOGS.addon,
)
