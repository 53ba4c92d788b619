"""The troubles: what is told, what is asked, and which faults may be behind it."""

from typing import Final

from labctl.lessons.lesson import Lesson
from labctl.lessons.stories.trouble import Trouble, lesson

_LOOK: Final = "labctl status shows every component, labctl logs COMPONENT what each wrote."

PIPELINE: Final = Trouble(
    "pipeline", "Setting up an OTLP pipeline to OpenTelemetry Collector",
    "Requests are answered, but their traces do not arrive whole. A span goes from the service to the collector, through the "
    "collector's processors, and on to the viewer. Somewhere on this way spans stay behind.",
    "Where are the service's spans lost?",
    (
        "labctl check follows one request hop by hop.",
        ("labctl metrics otelcol --all shows the collector's own counters: what its receiver accepted, what its processors "
         "dropped and what its exporters sent or could not send."),
        "Accepted stays at zero: before the collector. Accepted, and sent less: within it. Sending fails: after it.",
    ),
    {
        "wrong-port": "between the service and the collector", "wrong-scheme": "between the service and the collector",
        "sender-token": "between the service and the collector", "collector-filter": "in the collector's processors",
        "collector-sampling": "in the collector's processors", "viewer-address": "between the collector and the viewer",
        "viewer-gone": "between the collector and the viewer",
    },
    "Each hop counts what it took and what it passed on: compare the counters of two neighbours and the loss is between them.",
)

START: Final = Trouble(
    "not-starting", "Troubleshooting: Pod Not Starting",
    "A colleague has rolled out a change of the service just before the weekend, and the new version does not come up.",
    "What keeps the service from starting?",
    (_LOOK, "labctl describe service shows what it was started with.", "labctl why names the cause first."),
    {
        "service-gone": "nothing was started: it is not running at all", "unusable-setting": "it refuses one of its settings",
        "wrong-command": "it is started with a wrong command", "missing-image": "the node has no such image",
        "quota": "a quota admits no more pods", "node-selector": "no node has the labels that it asks for",
        "large-request": "it asks for more than any node has",
        "wrong-probe": "it runs, and its readiness probe asks a missing page",
        "missing-config-map": "a ConfigMap that it mounts is missing", "missing-secret": "a Secret that it needs is missing",
        "port-taken": "another program has its port",
    },
    "A pod is admitted, scheduled, pulled, created, started and probed, in this order; its events say how far it got.",
)

RECEIVE: Final = Trouble(
    "not-receiving", "Troubleshooting: Collector Not Receiving Data",
    "The dashboards have been empty since the last change, although requests are answered as always.",
    "Why does the collector receive nothing from the service?",
    (_LOOK, "labctl config shows where the service sends to; labctl status where the collector listens.",
     "labctl why names the cause first."),
    {
        "collector-gone": "the collector does not run", "collector-suspended": "the collector hangs",
        "wrong-port": "the service sends to a port on which nothing listens",
        "wrong-scheme": "the service speaks TLS and the collector does not",
        "wrong-host": "the service sends to a name that does not exist", "receiver-port": "the collector listens on another port",
        "sender-token": "the collector wants a token", "collector-selector": "the Service finds no pods",
        "target-port": "the Service leads to a port on which nothing listens", "no-collector-service": "there is no Service",
    },
    "Refused, silent, unknown and unauthorised look alike on a dashboard. The sender's log tells them apart.",
)

TRACES: Final = Trouble(
    "no-traces", "Troubleshooting: Traces Not Appearing",
    "Requests are answered, metrics look right, and still labctl trace slowest finds nothing, or only half of it.",
    "Why do the traces not appear?",
    (_LOOK, "labctl metrics --all shows the SDK's own counters and the collector's.", "labctl why names the cause first."),
    {
        "sdk-disabled": "the service's SDK is switched off", "no-exporter": "the service has no exporter for traces",
        "sampler-off": "the service's sampler takes nothing", "rare-sampling": "the service's sampler takes one in a thousand",
        "propagator": "the service does not read the caller's trace context",
        "late-export": "the service sends only every ten minutes",
        "collector-filter": "the collector drops spans by a filter",
        "collector-sampling": "the collector keeps one in a thousand",
        "slow-batch": "the collector sends only every ten minutes", "debug-only": "the collector sends to no backend",
        "viewer-address": "the collector sends to an address where nobody listens", "viewer-gone": "the viewer does not run",
    },
    "A span is made, sampled, queued, exported, processed and stored: each of these has a switch, and each has a counter.",
)

LATENCY: Final = Trouble(
    "slow", "Troubleshooting: High Latency",
    "Since an hour users complain that predictions are slow. Nothing has been deployed, people say.",
    "What makes the requests slow?",
    ("labctl load -n 300 --rps 30, then labctl trace slowest", "labctl top shows whether the service computes or waits.",
     "labctl why names the cause first."),
    {
        "slow-step": "one step is slow in a few of the requests", "slow-model": "the model waits long in every request",
        "busy-model": "the model computes and uses up the CPU", "cpu-limit": "the CPU limit is too low",
    },
    "Waiting and computing look alike from outside: the CPU tells them apart, and a percentile tells a few from all.",
)

CRASH: Final = Trouble(
    "crashing", "Troubleshooting: Collector Crashing",
    "Somebody has improved the collector's configuration. Since then it does not do what it should.",
    "What is wrong with the collector?",
    (_LOOK, "Its last lines name the key: labctl logs collector --tail 20.", "labctl why names the cause first."),
    {
        "unknown-key": "its configuration has a key that it does not know",
        "retired-exporter": "its configuration names an exporter that no longer exists",
        "undefined-processor": "a pipeline names a processor that is not defined",
        "memory-limiter": "its memory limiter refuses everything",
        "memory-limit": "its memory limit is too low",
    },
    "A collector reads its configuration once, as a whole: one wrong word, and nothing runs.",
)

LESSONS: Final[tuple[Lesson, ...]] = tuple(map(lesson, (PIPELINE, START, RECEIVE, TRACES, LATENCY, CRASH)))
