"""How each lesson is solved from the command line: a function that finds the answer with what a learner can type."""

import json
import re
import urllib.request
from collections.abc import Callable, Mapping
from string import ascii_lowercase
from typing import Any, Final

from tests.driver import Driver

SLOW_MS: Final = 300
LOOKS: Final = 3
COMPUTES: Final = "the model computes for long in every request"
LIMITED: Final = "its CPU limit has been lowered too far"


def slowest(lab: Driver) -> dict[str, Any]:
    """The slowest request's longest step."""
    spans = lab.json("trace", "slowest")["spans"]
    return max((span for span in spans if span["kind"] == "internal"), key=lambda span: float(span["duration_ms"]))


def last_run(lab: Driver) -> str:
    return str(lab.json("runs")["runs"][-1]["run_id"])


def tracing(lab: Driver) -> str:
    return str(slowest(lab)["name"])


def latency(lab: Driver) -> str:
    return f"{slowest(lab)['duration_ms']:.0f} ms"


def histograms(lab: Driver) -> str:
    """From the list of the run's traces, as the viewer's API gives it to anybody."""
    took = [trace["duration_ms"] for trace in asked(lab, f"/api/traces?run={last_run(lab)}&limit=1000")["traces"]]
    return f"{100 * sum(ms > SLOW_MS for ms in took) / len(took)}%"


def cost(lab: Driver) -> str:
    groups = asked(lab, f"/api/runs/{last_run(lab)}")["groups"]
    count = {group["kind"]: group["spans"] for group in groups if group["kind"] in {"server", "client"}}
    return str(100 * count.get("server", 0) / count["client"])


def limits(lab: Driver) -> str:
    return str(lab.json("load", "-c", "6", "--duration", "4s", code=None)["rate"])


def options(lab: Driver) -> list[str]:
    return list(lab.json("learn")["options"])


def named(lab: Driver) -> str:
    """The letter of the option that says what `labctl why` names first, looked for again while a change is being applied."""
    letters = {option: letter for letter, option in zip(ascii_lowercase, options(lab), strict=False)}
    for _ in range(LOOKS):
        found = lab.json("why", code=None)["findings"][0]
        text = " ".join([found["message"], *(f"{one['source']} {one['text']}" for one in found["evidence"])])
        for option, words in WORDS.items():
            if option in letters and re.search(words, text):
                return letters[option]
    raise AssertionError(f"no option says: {text}")


def slow(lab: Driver) -> str:
    """Under load, where the first look says that the model computes: only then it shows whether a limit throttles it."""
    letters = dict(zip(options(lab), ascii_lowercase, strict=False))
    found = named(lab)
    if found != letters.get(COMPUTES) or LIMITED not in letters:
        return found
    load = lab.start("load", "-c", "6", "--duration", "12s")
    while load.poll() is None and found != letters[LIMITED]:
        found = named(lab)
    load.communicate(timeout=60)
    return found


def hop(lab: Driver) -> str:
    """By the component that `labctl why` blames."""
    found = lab.json("why", code=None)["findings"][0]
    text = " ".join([found["message"], *(one["text"] for one in found["evidence"])])
    before, within, after = "service and the collector", "processors", "collector and the viewer"
    truth = (
        within if re.search("filter|sampler", text)
        else after if found["component"] == "viewer" or re.search("VIEWER|viewer", text) else before
    )
    return next(letter for letter, option in zip(ascii_lowercase, options(lab), strict=False) if option.endswith(truth))


def asked(lab: Driver, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(lab.url("VIEWER") + path, timeout=10) as answer:
        return dict(json.load(answer))


SOLUTIONS: Final[Mapping[str, Callable[[Driver], str]]] = {
    "tracing": tracing, "histograms": histograms, "latency": latency, "cost": cost, "limits": limits, "pipeline": hop,
    "not-starting": named, "not-receiving": named, "no-traces": named, "slow": slow, "crashing": named,
}

_GONE: Final = "not run|scaled to|ended|killed|gone"
WORDS: Final = {
    # not-starting
    "it rejects one of its settings": "DEFAULT_LATENCY_MS",
    "it is started with the wrong command": "No module named|inference-server",
    "the node cannot get its image": "image",
    "a quota allows no more pods": "quota",
    "no node has the labels that it requires": "selector|disktype",
    "it requests more than any node has": "Insufficient",
    "it runs, but its readiness probe asks for a path that does not exist": "readiness",
    "a ConfigMap that it mounts is missing": "model-settings",
    "a Secret that it needs is missing": "model-credentials",
    "another program is listening on its port": "port.*(taken|held|another)|http.server",
    # not-receiving
    "the collector hangs": "stopped|hangs",
    "the service sends to the wrong port": r"exports to http://(?!otel-colector)|otel-collector:4327",
    "the service uses TLS, the collector does not": "https",
    "the service sends to a host name that does not exist": "invalid",
    "the collector listens on the wrong port": r"\b14327\b",
    "the collector requires a token": "auth",
    "the collector's Service selects no pods": "selector",
    "the collector's Service forwards to the wrong port": r"forwards to port 4327",
    "the collector has no Service": "Service otel-collector",
    # no-traces
    "the service's SDK is disabled": "OTEL_SDK_DISABLED",
    "the service has no trace exporter": "OTEL_TRACES_EXPORTER",
    "the service's sampler drops everything": "always_off",
    "the service's sampler keeps one trace in a thousand": r"traceidratio|0\.001",
    "the service does not read the caller's trace context": "OTEL_PROPAGATORS",
    "the service exports only every ten minutes": "OTEL_BSP_SCHEDULE_DELAY",
    "a filter in the collector drops spans": "filter",
    "a sampler in the collector keeps one trace in a thousand": "probabilistic_sampler",
    "the collector sends a batch only every ten minutes": "holds telemetry back",
    "the collector's pipeline ends without a backend": "does not lead to the viewer",
    "the collector sends to an address where nothing listens": "VIEWER_ENDPOINT|not the lab.s viewer",
    # slow
    "one step is slow in a few requests": "SLOW_SPAN",
    "the model waits in every request": "DEFAULT_LATENCY_MS(?!.*MODEL_WORK)",
    LIMITED: "100m",
    COMPUTES: "MODEL_WORK|throttl",
    # crashing
    "its configuration has an unknown key": "max_recv_msg_size",
    "its configuration uses an exporter that no longer exists": "logging",
    "a pipeline refers to a processor that is not defined": "attributes/team",
    "its container's memory limit is too low": "memory limit of|OOM",
    "its memory limiter refuses all data": "memory_limiter",
    # the least specific
    "nobody has started it: there is no process and no pod": _GONE,
    "the collector is not running": _GONE,
    "the viewer is not running": _GONE,
}
