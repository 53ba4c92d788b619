"""What `labctl why` should say first of each fault: written from the faults alone, before the rules were.

Never imported by labctl: the diagnosis and the faults know nothing of each other. `mentions` is searched for in the finding's
message and evidence; it is what somebody would have to read there to know what was broken.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    component: str                      # whose fault it is; several where one could argue, separated by |
    mentions: str                       # a regular expression


EXPECTED = {
    # a component does not start
    "service-gone": Expected("service", r"not run|scaled to zero|0 replicas|replicas: 0|ended|gone|killed|exited"),
    "unusable-setting": Expected("service", r"DEFAULT_LATENCY_MS"),
    "wrong-command": Expected("service", r"No module named inference|inference-server"),
    "missing-image": Expected("service", r"ai-lab-2-2-paid:v2"),
    "quota": Expected("service", r"quota"),
    "node-selector": Expected("service", r"node selector|nodeSelector|disktype"),
    "large-request": Expected("service", r"Insufficient cpu|64"),
    "wrong-probe": Expected("service", r"/readiness|404"),
    "missing-config-map": Expected("service", r"model-settings"),
    "missing-secret": Expected("service", r"model-credentials"),
    "forbidden-pod": Expected("service", r"PodSecurity|allowPrivilegeEscalation"),
    "paused-rollout": Expected("service", r"paused"),
    # the collector receives nothing
    "collector-gone": Expected("collector", r"not run|scaled to zero|0 replicas|replicas: 0|ended|gone|killed|exited"),
    "collector-suspended": Expected("collector", r"stopped|suspended|SIGSTOP|SIGCONT|-CONT"),
    "wrong-port": Expected("service", r"OTEL_EXPORTER_OTLP_ENDPOINT.*:\d+"),
    "wrong-scheme": Expected("service", r"https://"),
    "wrong-host": Expected("service", r"otel-colector\.invalid"),
    "receiver-port": Expected("collector", r"14327|receivers\.otlp"),
    "sender-token": Expected("collector|service", r"(?i)bearertokenauth|unauthenticated"),
    "no-traces-pipeline": Expected("collector", r"(?i)pipelines?|unimplemented"),
    "collector-selector": Expected("collector", r"selector|endpoints"),
    "target-port": Expected("collector", r"4327|targetPort"),
    "no-collector-service": Expected("collector", r"Service otel-collector"),
    "network-policy": Expected("collector", r"(?i)NetworkPolicy"),
    # traces do not appear
    "sdk-disabled": Expected("service", r"OTEL_SDK_DISABLED"),
    "no-exporter": Expected("service", r"OTEL_TRACES_EXPORTER"),
    "sampler-off": Expected("service", r"OTEL_TRACES_SAMPLER"),
    "rare-sampling": Expected("service", r"OTEL_TRACES_SAMPLER"),
    "propagator": Expected("service", r"OTEL_PROPAGATORS"),
    "small-queue": Expected("service", r"OTEL_BSP_MAX_QUEUE_SIZE|queue"),
    "late-export": Expected("service", r"OTEL_BSP_SCHEDULE_DELAY"),
    "collector-filter": Expected("collector", r"filter"),
    "collector-sampling": Expected("collector", r"probabilistic_sampler"),
    "slow-batch": Expected("collector", r"batch"),
    "debug-only": Expected("collector", r"EXPORTERS|exporters|viewer"),
    "viewer-address": Expected("collector", r"VIEWER_ENDPOINT|endpoint|:\d+"),
    "viewer-gone": Expected("viewer", r"not run|scaled to zero|0 replicas|replicas: 0|ended|gone|killed|exited"),
    "viewer-suspended": Expected("viewer", r"stopped|suspended|SIGSTOP|SIGCONT|-CONT"),
    "locked-store": Expected("viewer", r"locked"),
    # requests are slow
    "slow-step": Expected("service", r"SLOW_SPAN|format_response"),
    "slow-model": Expected("service", r"DEFAULT_LATENCY_MS|model_inference"),
    "busy-model": Expected("service", r"MODEL_WORK|CPU|throttl"),
    "cpu-limit": Expected("service", r"100m|throttl"),
    # requests fail
    "failing-model": Expected("service", r"FAILING_SPAN|model_inference"),
    # the collector crashes
    "unknown-key": Expected("collector", r"max_recv_msg_size"),
    "retired-exporter": Expected("collector", r"logging"),
    "undefined-processor": Expected("collector", r"attributes/team"),
    "memory-limiter": Expected("collector", r"memory_limiter|refus"),
    "memory-limit": Expected("collector", r"16Mi|OOM|memory"),
    # the machine
    "port-taken": Expected("service|machine", r"port.*taken|http\.server"),
    "few-files": Expected("service|machine", r"open files|ulimit|40"),
    "cordoned-node": Expected("machine|service", r"cordon|unschedulable"),
}

PAIRS = (
    ("wrong-port", "viewer-gone"), ("sdk-disabled", "collector-gone"), ("sampler-off", "viewer-address"),
    ("wrong-scheme", "debug-only"), ("propagator", "collector-filter"), ("small-queue", "viewer-gone"),
    ("late-export", "unknown-key"), ("no-exporter", "receiver-port"), ("rare-sampling", "slow-batch"),
    ("unusable-setting", "collector-gone"), ("service-gone", "viewer-address"), ("wrong-host", "viewer-gone"),
    ("slow-step", "undefined-processor"), ("slow-model", "sender-token"), ("sdk-disabled", "no-traces-pipeline"),
)
"""Two at once, neither of which hides the other: both have to be named, first and second in whichever order."""
