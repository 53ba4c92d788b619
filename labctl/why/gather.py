"""Gathers the facts, in parallel and bounded: a part that fails or is late is said, and does not fail the rest."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from labctl.config import Config
from labctl.errors import LabError
from labctl.host.http import get
from labctl.lab import canary
from labctl.lab.canary import CanaryResult
from labctl.load import kept_runs
from labctl.model import Endpoints, Observation, Target
from labctl.viewer_client.client import ViewerClient
from labctl.why.facts import Facts, ViewerFacts

T = TypeVar("T")
CANARY_S: Final = 2.0


def gather(config: Config, target: Target) -> Facts:
    failed: list[str] = []

    def part(name: str, read: Callable[[], T], instead: T) -> T:
        try:
            return read()
        except LabError as error:
            failed.append(f"{name}: {error.message}")
            return instead

    endpoints = target.endpoints()
    with ThreadPoolExecutor() as pool:
        observation = pool.submit(part, "components", target.observe, Observation({}))
        sent: CanaryResult | None = part("canary", lambda: canary.send(endpoints, CANARY_S), None)
        viewer = part("viewer", lambda: _viewer(endpoints), None)
    service = part("service", lambda: _service(endpoints), None)
    run = next(reversed(kept_runs.kept(config.state).runs), None)
    observed: Any = observation.result()
    return Facts(
        time.time(), config.spec(), observed, sent, service, viewer=viewer, run=run, failed=(*failed, *observed.failed),
    )


def _viewer(endpoints: Endpoints) -> ViewerFacts | None:
    client = ViewerClient(endpoints.viewer)
    return ViewerFacts({}, client.counts(), client.metrics())


def _service(endpoints: Endpoints) -> dict[str, Any] | None:
    found = get(f"{endpoints.service}/health", timeout_s=1.0).json()
    return found if isinstance(found, dict) else None
