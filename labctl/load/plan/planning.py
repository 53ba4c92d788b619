"""Turns options into a LoadPlan: the address, which requests, how many and when, and whether client spans are sent.

Any URL can be loaded; only requests at the lab's own service carry client spans to its collector.
"""

import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from labctl.errors import LabError, UsageError, again
from labctl.load.plan.address import parse
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.request_mix import order
from labctl.load.plan.run_options import RunOptions
from labctl.model import Endpoints

DEFAULT_REQUESTS = 500
_SLICES = 20                            # the least number in a timeline, where the run is long enough
_SLICE_S = (0.05, 1.0)
_UNKNOWN_S = 2.0                        # assumed length of a closed loop that ends with a number of requests
_WITH_BODY = {"POST", "PUT", "PATCH"}   # methods that get the example body when no body is given
_AS_WISHED = (
    "concurrency", "duration_s", "timeout_s", "stages", "offsets", "arrivals", "burst", "seed", "warmup_s", "unix", "processes",
    "insecure", "cert", "key", "connections",
)
_PACES = {"rate": "--rate", "rps": "--rps", "stages": "--stages (or --ramp)", "offsets": "--replay", "closed": "--rate 0"}


def make_plan(options: RunOptions, lab: Endpoints | None, up_line: str) -> LoadPlan:
    """The plan of a run. Raises UsageError for what makes no sense, LabError when there is neither a URL nor a lab."""
    if options.url is None and lab is None:
        raise LabError("nowhere to send the load: no lab is up and no --url was given", hint=up_line)
    _one_pace(options)
    if options.unix == "":
        raise UsageError("--unix-socket: expected a path")
    if options.key and not options.cert:
        raise UsageError("--key needs --cert", advice="both are needed: --cert FILE --key FILE")
    url = _complete(options.url, lab) if options.url is not None else f"{lab.service}/predict" if lab else ""
    ours = lab if lab and not options.unix and is_the_service(url, lab.service) else None
    if options.cert and not parse(url).secure:
        raise UsageError(f"--cert needs TLS, and {url} is plain HTTP", advice="it takes --url https://…")
    plan = LoadPlan(url=url, run_id=secrets.token_hex(8), otlp=ours.otlp_http if ours else None)
    given = {name: value for name in _AS_WISHED if (value := getattr(options, name)) is not None}
    plan = replace(plan, **given)
    plan = replace(plan, rps=options.rps if options.rate is None else options.rate * plan.concurrency)
    plan = _timed(_bounded(_sending(plan, options), options))
    if plan.rps is None and any((term.figure, term.unit) == ("rate", "%") for term in options.slo or ()):
        raise UsageError("a threshold on rate in % needs a planned rate", advice="add --rps 50, or say it in requests: rate>45/s")
    return plan


def is_the_service(url: str, service: str) -> bool:
    """Whether a URL is the lab's service. Its host is numeric; `localhost` counts as not, until it was looked up."""
    a, b = urlsplit(url), urlsplit(service)
    return a.port == b.port and a.hostname in {b.hostname, "localhost"}


def _complete(url: str, lab: Endpoints | None) -> str:
    """The URL with a path: /predict where it is the lab's service without a path."""
    if parse(url).path == "/" and lab and is_the_service(url, lab.service):
        return f"{url.rstrip('/')}/predict"
    return url


def _one_pace(options: RunOptions) -> None:
    typed = [flag for name, flag in _PACES.items() if getattr(options, name)]
    if len(typed) > 1:
        raise UsageError(f"{' and '.join(typed)} exclude each other", advice="--rate is per worker, --rps is the total")


def _sending(plan: LoadPlan, options: RunOptions) -> LoadPlan:
    """The plan with its requests: method, headers, body or pool."""
    if options.pool and (options.body is not None or options.method):
        raise UsageError(
            "--method and --body have no effect: the scenario or the body file defines the requests",
            advice="leave them out, or change the scenario or the body file",
        )
    more = options.headers or {}
    if options.pool:
        order(options.pool)                # raises here, where the error can still be reported
        return replace(plan, pool=[replace(one, headers={**one.headers, **more}) for one in options.pool])
    method = options.method or plan.method
    body = plan.body if method in _WITH_BODY else b""
    sent = body if options.body is None else options.body
    return replace(plan, method=method, body=sent, headers={**(plan.headers if sent else {}), **more})


def _bounded(plan: LoadPlan, options: RunOptions) -> LoadPlan:
    """The plan with an end; stages and a replay have their own."""
    if plan.stages and plan.duration_s is not None:
        raise UsageError(
            "--stages and --ramp define the run's length, so --duration has no effect",
            advice="leave --duration out",
        )
    shaped = plan.burst > 1 or plan.arrivals != "constant"
    if plan.offsets and shaped:
        raise UsageError("--replay sets every request's due time: it cannot be combined with --poisson or --burst")
    if shaped and not (plan.rps or plan.stages):
        raise UsageError("--poisson and --burst need a rate", hint=f"{again()} --rps 50")
    ends = plan.stages or plan.offsets or plan.duration_s is not None
    bounded = replace(plan, requests=options.requests if options.requests or ends else DEFAULT_REQUESTS)
    if bounded.planned == 0:
        raise UsageError("no request is due in this plan", advice="it takes a rate above 0, for longer")
    if not (plan.stages or plan.offsets):
        return bounded
    return replace(bounded, rps=bounded.mean_rps, duration_s=bounded.length_s if plan.stages else plan.duration_s)


def _timed(plan: LoadPlan) -> LoadPlan:
    """The plan with slices fine enough for its length. Raises UsageError where the warm-up is not shorter than the run."""
    seconds = plan.spread_s
    if seconds is not None and plan.warmup_s and plan.warmup_s >= seconds:
        raise UsageError(
            f"--warm-up {plan.warmup_s:g}s leaves nothing to measure of a run of {seconds:.3g} s",
            advice="it takes a longer run, or --warm-up 0s",
        )
    least, most = _SLICE_S
    return replace(plan, slices_s=min(max((seconds or _UNKNOWN_S) / _SLICES, least), most))
