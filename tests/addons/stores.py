"""What each store of a lab with add-ons says of the same requests."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.driver import Driver

PORTS = {"prometheus": 9090, "jaeger": 16686, "victoria-logs": 9428}
HISTOGRAM = "request_duration_ms"


@contextmanager
def addresses(lab: Driver, *names: str) -> Iterator[dict[str, str]]:
    """By component, of these or all: the process's own, or a port forward's."""
    if lab.target == "local":
        yield {name: lab.url(name.upper().replace("-", "_")) for name in PORTS}
        return
    with ExitStack() as stack:
        yield {name: stack.enter_context(_forwarded(lab, name, PORTS[name])) for name in names or PORTS}


@contextmanager
def _forwarded(lab: Driver, name: str, port: int) -> Iterator[str]:
    forward = lab.start("forward", name, f":{port}")
    try:
        assert forward.stdout
        found = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())
        assert found
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        forward.terminate()
        forward.communicate(timeout=20)


def ask(url: str, **query: str) -> Any:
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return answer.read().decode()


@dataclass(frozen=True)
class Seen:
    """Of all requests: how many by status, and how many up to each bound of the histogram, in ms."""

    statuses: Mapping[int, int]
    buckets: Mapping[float, int]        # cumulative

    def bucket_of(self, share: float) -> float:
        """The upper bound of the bucket in which that share of all requests is reached."""
        total = self.buckets[float("inf")]
        return next(bound for bound, count in sorted(self.buckets.items()) if count >= share * total)


def in_prometheus(url: str) -> Seen:
    def values(expression: str, label: str) -> dict[str, int]:
        found = json.loads(ask(f"{url}/api/v1/query", query=expression))["data"]["result"]
        return {one["metric"][label]: int(float(one["value"][1])) for one in found}

    statuses = values("sum by (http_response_status_code) (http_requests_total)", "http_response_status_code")
    buckets = values(f"sum by (le) ({HISTOGRAM}_bucket)", "le")
    return Seen({int(code): count for code, count in statuses.items()}, {float(le): count for le, count in buckets.items()})


def in_viewer(lab: Driver) -> Seen:
    statuses: Counter[int] = Counter()
    for one in lab.json("metrics", "http_requests_total")["series"]:
        statuses[int(one["attributes"]["http.response.status_code"])] += int(one["value"])
    single: Counter[float] = Counter()
    for one in lab.json("metrics", HISTOGRAM)["series"]:
        if one["name"] == HISTOGRAM:
            single.update(dict(zip([*one["bounds"], float("inf")], one["counts"], strict=True)))
    return Seen(dict(statuses), _cumulative(single))


def in_jaeger(url: str, like: Seen) -> Seen:
    """Of the server spans, with the bounds of `like`."""
    found = json.loads(ask(f"{url}/api/traces", service="ai-inference-service", operation="POST /predict", limit="20000"))["data"]
    spans = [span for trace in found for span in trace["spans"] if span["operationName"] == "POST /predict"]
    statuses: Counter[int] = Counter()
    single: Counter[float] = Counter(dict.fromkeys(like.buckets, 0))
    for span in spans:
        statuses[next(int(tag["value"]) for tag in span["tags"] if tag["key"] == "http.response.status_code")] += 1
        single[min(bound for bound in like.buckets if span["duration"] / 1e3 <= bound)] += 1
    return Seen(dict(statuses), _cumulative(single))


def spans_in_jaeger(url: str, trace_id: str) -> int:
    try:
        return sum(len(trace["spans"]) for trace in json.loads(ask(f"{url}/api/traces/{trace_id}"))["data"])
    except urllib.error.HTTPError:
        return 0                        # not there yet


def in_victoria_logs(url: str, query: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in ask(f"{url}/select/logsql/query", query=query, limit="10").splitlines()]


def exemplars(url: str, since: float, until: float) -> set[str]:
    """Trace ids."""
    asked = ask(f"{url}/api/v1/query_exemplars", query=f"{HISTOGRAM}_bucket", start=str(since), end=str(until))
    return {exemplar["labels"]["trace_id"] for one in json.loads(asked)["data"] for exemplar in one["exemplars"]}


def metric_names(url: str) -> set[str]:
    return set(json.loads(ask(f"{url}/api/v1/label/__name__/values"))["data"])


def _cumulative(single: Mapping[float, int]) -> dict[float, int]:
    total, found = 0, {}
    for bound in sorted(single):
        total += single[bound]
        found[bound] = total
    return found
