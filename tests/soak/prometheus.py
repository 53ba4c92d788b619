"""A real Prometheus that scrapes a lab's collector: what it says of the six metrics, beside what the viewer says."""

import json
import time
from dataclasses import dataclass
from typing import Any

from labctl.host.http import Unreachable, get
from labctl.model import METRICS
from tests.cases.spans import wait_until
from tests.driver import Driver

IMAGE = "prom/prometheus:v3.5.3"
TYPES = {
    "http_requests_total": "counter", "predictions_total": "counter", "errors_total": "counter", "active_requests": "gauge",
    "prediction_latency_ms": "histogram", "request_duration_ms": "histogram",
}


def config(target: str) -> str:
    return json.dumps({
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "lab", "honor_labels": True, "static_configs": [{"targets": [target]}]}],
    })


@dataclass(frozen=True)
class Prometheus:
    url: str

    def ready(self) -> bool:
        try:
            return get(f"{self.url}/-/ready", 1.0).status == 200
        except Unreachable:
            return False

    def answer(self, path: str) -> Any:
        got = get(f"{self.url}/api/v1/{path}", 5.0)
        return json.loads(got.body)["data"] if got.status == 200 else {}

    def value(self, expression: str) -> dict[str, float]:
        """By `le`, which is empty but for buckets."""
        found = self.answer(f"query?query={expression}").get("result", ())
        return {one["metric"].get("le", ""): float(one["value"][1]) for one in found}

    def types(self) -> dict[str, str]:
        """OpenMetrics names a counter's family without `_total`."""
        metadata = self.answer("metadata")
        found = {name: metadata.get(name) or metadata.get(name.removesuffix("_total")) or [{}] for name in METRICS}
        return {name: one[0].get("type", "") for name, one in found.items()}

    def exemplars(self, since: float) -> set[str]:
        """Their trace ids."""
        found = self.answer(f"query_exemplars?query=request_duration_ms_bucket&start={since}&end={time.time() + 5}")
        return {exemplar["labels"]["trace_id"] for one in found for exemplar in one["exemplars"]}

    def has_the_buckets_of_the_viewer(self, lab: Driver, name: str) -> bool:
        mine: dict[float, float] = {}
        for one in lab.json("metrics", name)["series"]:
            if one["name"] == name:
                for bound, count in zip([*one["bounds"], float("inf")], one["counts"], strict=True):
                    mine[bound] = mine.get(bound, 0) + count
        total, cumulative = 0.0, {}
        for bound in sorted(mine):
            total += mine[bound]
            cumulative[bound] = total
        return cumulative == {float(le): count for le, count in self.value(f"sum by (le) ({name}_bucket)").items()}


def compare_a_load(lab: Driver, prometheus: Prometheus) -> list[str]:
    """Six metrics, their types, buckets and exemplars, after a load. Returns the trace ids of some exemplars, all stored."""
    began = time.time()
    run = lab.json("load", "-n", "300", "--rps", "60", timeout=120)
    lab.run("load", "-n", "5", "--rps", "20", "--body", "{}", code=None)                # for errors_total
    assert run["ledger"]["lost_spans"] == 0
    wait_until(lambda: sum(prometheus.value("sum(http_requests_total)").values()) >= 300)
    wait_until(lambda: prometheus.types() == TYPES)
    for name in ("prediction_latency_ms", "request_duration_ms"):
        wait_until(lambda name=name: prometheus.has_the_buckets_of_the_viewer(lab, name), 30)  # type: ignore[misc]
    some = sorted(prometheus.exemplars(began))[:5]
    assert some
    for trace_id in some:
        assert lab.json("trace", trace_id)["spans"]
    return some
