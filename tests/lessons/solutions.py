"""How each lesson is solved from the command line: a function that finds the answer with what a learner can type."""

import json
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.driver import Driver

SLOW_MS: Final = 300


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


def asked(lab: Driver, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(lab.url("VIEWER") + path, timeout=10) as answer:
        return dict(json.load(answer))


SOLUTIONS: Final[Mapping[str, Callable[[Driver], str]]] = {
    "tracing": tracing, "histograms": histograms, "latency": latency, "cost": cost, "limits": limits,
}
