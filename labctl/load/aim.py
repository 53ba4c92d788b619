"""From what was typed to a LoadPlan: which address, and whether the lab's telemetry goes with it.

Any URL can be loaded; only requests at the lab's own service carry client spans to its collector.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from labctl.errors import LabError, UsageError
from labctl.load.address import parse
from labctl.load.summary import LoadPlan
from labctl.model import Endpoints

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
DEFAULT_REQUESTS = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed. `rate` is per worker, `rps` in total; neither: a closed loop."""

    url: str | None
    requests: int | None
    duration_s: float | None
    concurrency: int
    rate: float | None
    rps: float | None
    body: bytes | None
    timeout_s: float


def aim(wish: Wish, lab: Endpoints | None, up_line: str) -> LoadPlan:
    """The plan of a run. Raises UsageError for what makes no sense, LabError when there is neither a URL nor a lab."""
    if wish.url is None and lab is None:
        raise LabError("there is nothing to send to: no lab is up and no --url was given", hint=up_line)
    url = _complete(wish.url, lab) if wish.url else f"{lab.service}/predict" if lab else ""
    requests = wish.requests if wish.requests or wish.duration_s else DEFAULT_REQUESTS
    ours = lab if lab and same_place(url, lab.service) else None
    return LoadPlan(
        url=url, requests=requests, duration_s=wish.duration_s, concurrency=wish.concurrency, rps=_total_rate(wish),
        body=wish.body if wish.body is not None else LoadPlan(url).body, timeout_s=wish.timeout_s,
        run_id=secrets.token_hex(8), otlp=ours.otlp_http if ours else None,
    )


def same_place(url: str, other: str) -> bool:
    """Whether two URLs name the same port of this machine."""
    a, b = urlsplit(url), urlsplit(other)
    return a.port == b.port and a.hostname in LOOPBACK and b.hostname in LOOPBACK


def _complete(url: str, lab: Endpoints | None) -> str:
    """The URL with a path: /predict where it names the lab's service alone."""
    if parse(url).path == "/" and lab and same_place(url, lab.service):
        return f"{url.rstrip('/')}/predict"
    return url


def _total_rate(wish: Wish) -> float | None:
    if wish.rate is not None and wish.rps is not None:
        raise UsageError("--rate and --rps exclude each other", hint="--rate is per worker, --rps is the total")
    return wish.rps if wish.rate is None else wish.rate * wish.concurrency
