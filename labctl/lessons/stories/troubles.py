"""The troubles: what is told, what is asked, and which faults may be behind it."""

from typing import Final

from labctl.components import ALERTMANAGER
from labctl.lessons.lesson import Lesson
from labctl.lessons.stories.trouble import Trouble, lesson
from labctl.load.plan.run_options import RunOptions

_LOOK: Final = "labctl status shows every component, labctl logs COMPONENT what it wrote."

PIPELINE: Final = Trouble(
    "pipeline", "Setting up an OTLP pipeline to OpenTelemetry Collector",
    "Requests are answered, but their traces arrive incomplete or not at all. A span goes from the service to the collector, "
    "through the collector's processors, and on to the viewer. Somewhere along that path spans are dropped, or held up.",
    "Where along that path do the service's spans stop?",
    (
        "labctl check follows one request hop by hop.",
        ("labctl metrics otelcol shows the collector's own counters: what its receiver accepted, its processors let through and "
         "its exporters sent, and how many batches are still waiting to be sent."),
        ("The service sends over gRPC, labctl's own client spans come over HTTP. If what the collector accepts over gRPC does "
         "not grow, they stop before it; if batches wait in its queue, after it; if none waits and it sends less than it "
         "accepts, within it."),
    ),
    {
        "wrong-port": "between the service and the collector", "wrong-scheme": "between the service and the collector",
        "sender-token": "between the service and the collector", "collector-filter": "in the collector's processors",
        "collector-sampling": "in the collector's processors", "viewer-address": "between the collector and the viewer",
        "viewer-gone": "between the collector and the viewer",
    },
    "Each hop counts what it accepts and what it sends: compare the two ends of each hop, and spans stop where they differ. What "
    "cannot be sent is not lost at once: it waits in a queue and is retried until the queue is full or a time limit is reached.",
    "labctl predict 0.5 1.5 2.0",
)

START: Final = Trouble(
    "not-starting", "Troubleshooting: Pod Not Starting",
    "A colleague rolled out a change to the service just before the weekend, and the new version does not come up.",
    "What keeps the service from starting?",
    (_LOOK, "labctl describe service shows what it was started with.", "labctl why names the cause first."),
    {
        "service-gone": "nobody has started it: there is no process and no pod",
        "unusable-setting": "it rejects one of its settings",
        "wrong-command": "it is started with the wrong command", "missing-image": "the node cannot get its image",
        "quota": "a quota allows no more pods", "node-selector": "no node has the labels that it requires",
        "large-request": "it requests more than any node has",
        "wrong-probe": "it runs, but its readiness probe asks for a path that does not exist",
        "missing-config-map": "a ConfigMap that it mounts is missing", "missing-secret": "a Secret that it needs is missing",
        "port-taken": "another program is listening on its port",
    },
    "A pod is admitted and scheduled, its volumes are mounted, its images pulled, its containers created, started and probed, in "
    "this order. Events say how far it got, or, of a plain process, its log.",
)

RECEIVE: Final = Trouble(
    "not-receiving", "Troubleshooting: Collector Not Receiving Data",
    "The dashboards have been empty since the last change, although requests are still answered.",
    "Why does the collector receive nothing from the service?",
    (_LOOK, "labctl describe service shows where the service sends, labctl describe collector where the collector listens.",
     "labctl why names the cause first."),
    {
        "collector-gone": "the collector is not running", "collector-suspended": "the collector hangs",
        "wrong-port": "the service sends to the wrong port",
        "wrong-scheme": "the service uses TLS, the collector does not",
        "wrong-host": "the service sends to a host name that does not exist",
        "receiver-port": "the collector listens on the wrong port",
        "sender-token": "the collector requires a token", "collector-selector": "the collector's Service selects no pods",
        "target-port": "the collector's Service forwards to the wrong port",
        "no-collector-service": "the collector has no Service",
    },
    "A refused connection, a timeout, an unknown host and a rejected token look alike on a dashboard. The sender's log tells "
    "them apart.",
)

TRACES: Final = Trouble(
    "no-traces", "Troubleshooting: Traces Not Appearing",
    "Requests are answered as fast as ever, and still labctl trace slowest finds nothing, or only part of a trace.",
    "Why do the traces not appear?",
    (_LOOK, "labctl metrics --all shows the SDK's own counters and the collector's.", "labctl why names the cause first."),
    {
        "sdk-disabled": "the service's SDK is disabled", "no-exporter": "the service has no trace exporter",
        "sampler-off": "the service's sampler drops everything",
        "rare-sampling": "the service's sampler keeps one trace in a thousand",
        "propagator": "the service does not read the caller's trace context",
        "late-export": "the service exports only every ten minutes",
        "collector-filter": "a filter in the collector drops spans",
        "collector-sampling": "a sampler in the collector keeps one trace in a thousand",
        "slow-batch": "the collector sends a batch only every ten minutes",
        "debug-only": "the collector's pipeline ends without a backend",
        "viewer-address": "the collector sends to an address where nothing listens", "viewer-gone": "the viewer is not running",
    },
    "A span is sampled, recorded, queued, exported, processed and stored. Each step has a setting that stops it, and most have a "
    "counter that shows it.",
    "labctl predict 0.5 1.5 2.0",
)

LATENCY: Final = Trouble(
    "slow", "Troubleshooting: High Latency",
    "For the past hour users have complained that predictions are slow. Nothing has been deployed, the team says. Six clients "
    "have just sent requests for eight seconds, each sending the next one as soon as it had an answer.",
    "What makes the requests slow?",
    ("Are all requests slow, or a few? labctl runs has the percentiles, and labctl trace slowest shows where the time went.",
     "While labctl load -c 6 --duration 10s runs, labctl top shows whether the service computes or waits.",
     "labctl why names the cause first."),
    {
        "slow-step": "one step is slow in a few requests", "slow-model": "the model waits in every request",
        "busy-model": "the model computes for long in every request",
        "cpu-limit": "its CPU limit has been lowered too far",
    },
    "Waiting and computing look alike from outside: CPU usage tells them apart. Percentiles tell a few slow requests from many.",
    "labctl runs", RunOptions(closed=True, concurrency=6, duration_s=8.0),
)

CRASH: Final = Trouble(
    "crashing", "Troubleshooting: Collector Crashing",
    "Somebody has tuned the collector. Since then no telemetry gets through.",
    "What is wrong with the collector?",
    (_LOOK, "Its last lines say what it did not accept: labctl logs collector --tail 20.", "labctl why names the cause first."),
    {
        "unknown-key": "its configuration has an unknown key",
        "retired-exporter": "its configuration uses an exporter that no longer exists",
        "undefined-processor": "a pipeline refers to a processor that is not defined",
        "memory-limiter": "its memory limiter refuses all data",
        "memory-limit": "its container's memory limit is too low",
    },
    "The collector checks its whole configuration first: one wrong word, and it does not start. Its memory is limited twice: "
    "near memory_limiter's limit it refuses data, at the container's limit the kernel kills it.",
)

ALERTS: Final = Trouble(
    "alerts", "Next step: alerts (--with alertmanager)",
    "Something in the lab has just been broken. Within half a minute an alert fires in Prometheus, and Alertmanager "
    "notifies the viewer.",
    "Which alert fires?",
    ("labctl alerts shows what fires, and what is pending: its condition holds, but not for long enough yet.",
     "A condition has to hold for 15 seconds before its alert fires, so that a restart wakes nobody.",
     "labctl alerts, half a minute after the lesson began: the name of what fires is the answer."),
    {
        "collector-gone": "CollectorDown", "service-gone": "ServiceSilent", "sender-token": "ServiceSilent",
        "viewer-gone": "ExportFails",
    },
    "An alert reports a symptom, by one condition over metrics; labctl alerts puts beside it what labctl why finds, which is "
    "the cause. One cause should fire one alert: ServiceSilent is left out while the collector itself does not answer.",
    "labctl alerts", needs=ALERTMANAGER.addon,
)
OF_ALERTS: Final = lesson(ALERTS)

LESSONS: Final[tuple[Lesson, ...]] = tuple(map(lesson, (PIPELINE, START, RECEIVE, TRACES, LATENCY, CRASH)))
