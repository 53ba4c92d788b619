"""From what was asked for to a LoadPlan: which address, how many of what and when, and whether the lab's telemetry goes with it.

Any URL can be loaded; only requests at the lab's own service carry client spans to its collector.
"""

import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from labctl.errors import LabError, UsageError
from labctl.load import schedule
from labctl.load.address import parse
from labctl.load.pool import order
from labctl.load.summary import LoadPlan
from labctl.load.wish import Wish
from labctl.model import Endpoints

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
DEFAULT_REQUESTS = 500
_SLICES = 20                            # of a timeline, at least, where the run is long enough for that
_SLICE_S = (0.05, 1.0)
_UNKNOWN_S = 2.0                        # for how long a closed loop is taken to last that only a number ends
_WITH_BODY = {"POST", "PUT", "PATCH"}   # methods that get the example body where none is given
_AS_WISHED = (
    "concurrency", "duration_s", "timeout_s", "stages", "offsets", "arrivals", "burst", "seed", "warmup_s", "unix", "processes",
    "insecure",
)
_PACES = {"rate": "--rate", "rps": "--rps", "stages": "--stages (or --ramp)", "offsets": "--replay", "closed": "--rate 0"}


def aim(wish: Wish, lab: Endpoints | None, up_line: str) -> LoadPlan:
    """The plan of a run. Raises UsageError for what makes no sense, LabError when there is neither a URL nor a lab."""
    if wish.url is None and lab is None:
        raise LabError("there is nothing to send to: no lab is up and no --url was given", hint=up_line)
    _one_pace(wish)
    if wish.unix == "":
        raise UsageError("--unix-socket: a path is wanted")
    url = _complete(wish.url, lab) if wish.url is not None else f"{lab.service}/predict" if lab else ""
    ours = lab if lab and not wish.unix and same_place(url, lab.service) else None
    plan = LoadPlan(url=url, run_id=secrets.token_hex(8), otlp=ours.otlp_http if ours else None)
    wished = {name: value for name in _AS_WISHED if (value := getattr(wish, name)) is not None}
    plan = replace(plan, **wished)
    plan = replace(plan, rps=wish.rps if wish.rate is None else wish.rate * plan.concurrency)
    plan = _timed(_bounded(_sending(plan, wish), wish))
    if plan.rps is None and any((term.figure, term.unit) == ("rate", "%") for term in wish.slo or ()):
        raise UsageError("a rate in % is one of the planned rate, and none is planned", hint="--rps 50, or rate>45/s")
    return plan


def same_place(url: str, other: str) -> bool:
    """Whether two URLs name the same port of this machine."""
    a, b = urlsplit(url), urlsplit(other)
    return a.port == b.port and a.hostname in LOOPBACK and b.hostname in LOOPBACK


def _complete(url: str, lab: Endpoints | None) -> str:
    """The URL with a path: /predict where it names the lab's service alone."""
    if parse(url).path == "/" and lab and same_place(url, lab.service):
        return f"{url.rstrip('/')}/predict"
    return url


def _one_pace(wish: Wish) -> None:
    typed = [flag for name, flag in _PACES.items() if getattr(wish, name)]
    if len(typed) > 1:
        raise UsageError(f"{' and '.join(typed)} exclude each other", hint="--rate is per worker, --rps is the total")


def _sending(plan: LoadPlan, wish: Wish) -> LoadPlan:
    """With what is sent."""
    if wish.pool and (wish.body is not None or wish.method):
        raise UsageError(
            "--method and --body have nothing to change: what is sent comes from the scenario or the body file",
            hint="leave them away, or change them there",
        )
    more = wish.headers or {}
    if wish.pool:
        order(wish.pool)                # while there is somebody to tell
        return replace(plan, pool=[replace(one, headers={**one.headers, **more}) for one in wish.pool])
    method = wish.method or plan.method
    body = plan.body if method in _WITH_BODY else b""
    sent = body if wish.body is None else wish.body
    return replace(plan, method=method, body=sent, headers={**(plan.headers if sent else {}), **more})


def _bounded(plan: LoadPlan, wish: Wish) -> LoadPlan:
    """With an end, which stages and a replay have by themselves."""
    if plan.stages and plan.duration_s is not None:
        raise UsageError("--stages and --ramp have a length of their own", hint="leave --duration away")
    shaped = plan.burst > 1 or plan.arrivals != "constant"
    if plan.offsets and shaped:
        raise UsageError("--replay says when every request is due: --poisson and --burst exclude it")
    if shaped and not (plan.rps or plan.stages):
        raise UsageError("--poisson and --burst need a rate", hint="--rps 50 --poisson")
    ends = plan.stages or plan.offsets or plan.duration_s is not None
    bounded = replace(plan, requests=wish.requests if wish.requests or ends else DEFAULT_REQUESTS)
    if schedule.hits(bounded) == 0:
        raise UsageError("no request is due in this plan", hint="a rate above 0, for longer")
    if not (plan.stages or plan.offsets):
        return bounded
    return replace(bounded, rps=schedule.rate(bounded), duration_s=schedule.length(bounded) if plan.stages else plan.duration_s)


def _timed(plan: LoadPlan) -> LoadPlan:
    """With slices that are fine enough for how long it will last, which must be longer than the warm-up."""
    seconds = schedule.span(plan)
    if seconds is not None and plan.warmup_s and plan.warmup_s >= seconds:
        raise UsageError(
            f"--warm-up {plan.warmup_s:g}s leaves nothing to measure of a run of {seconds:.3g} s",
            hint="a longer run, or --warm-up 0s",
        )
    least, most = _SLICE_S
    return replace(plan, slices_s=min(max((seconds or _UNKNOWN_S) / _SLICES, least), most))
