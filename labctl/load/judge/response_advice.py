"""Remarks on the server from its responses, or their absence: one sentence each, with a remedy where there is one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from labctl import numbers
from labctl.errors import LabError
from labctl.load.generator.http1 import failures
from labctl.load.generator.http1.connection import EXCESS
from labctl.load.measure.summary import Summary, status_name
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.server import identify
from labctl.load.server.reach import reach
from labctl.load.server.tls import hint_for

_REDIRECTS: Final = range(300, 400)
_REFUSALS: Final = range(400, 600)
_PLAIN_TO_TLS: Final = 400              # the status with which many servers answer plain HTTP on a TLS port
_SPEAKS: Final = {
    identify.TLS: "The server speaks TLS on this port: use https://.",
    identify.HTTP2: "The server speaks only HTTP/2 on this port, and labctl load speaks HTTP/1.1.",
    identify.PROXY: "The server expects a PROXY protocol header before each request: send the load to the proxy in front of it.",
}
_BY_KIND: Final = {failures.TLS: identify.TLS, failures.HTTP2: identify.HTTP2}
_OTHERS: Final = 2                      # refusals whose response text is shown


def identified(plan: LoadPlan, summary: Summary) -> Summary:
    """The summary with the protocol that the server speaks, where no request got an HTTP/1.1 response."""
    if summary.successful or not summary.failed or summary.interrupted or summary.statuses.keys() - {_PLAIN_TO_TLS}:
        return summary
    said = next((_BY_KIND[kind] for kind in summary.errors if kind in _BY_KIND), "")
    try:
        return replace(summary, server_speaks=said or identify.protocol(reach(plan)))
    except LabError:
        return summary


def response_remarks(summary: Summary) -> Iterator[str]:
    """The remarks, most important first."""
    if summary.server_speaks:
        yield _SPEAKS.get(summary.server_speaks, f"The server speaks {summary.server_speaks}.")
    yield from _redirects(summary)
    yield from _stale(summary)
    for kind in summary.errors:
        if hint := hint_for(kind):
            yield f"{kind}: {hint}."
    if kind_note := summary.notes.get(failures.MALFORMED):
        yield f"The first {failures.MALFORMED}: {kind_note}"
    yield from _refusals(summary)
    if excess := summary.notes.get(EXCESS):
        yield f"Some responses were followed by bytes that belong to no request: {excess}"


def _redirects(summary: Summary) -> Iterator[str]:
    for status in summary.statuses:
        if status in _REDIRECTS and status != 304:  # noqa: PLR2004 not modified, which leads nowhere
            where = summary.notes.get(status_name(status))
            count = numbers.plural(summary.statuses[status], "response")
            yield f"{count} redirected ({status}){f' to {where}' if where else ''}; redirects are not followed."


def _stale(summary: Summary) -> Iterator[str]:
    if summary.resent:
        yield (
            f"{numbers.plural(summary.resent, 'request')} met a stale connection, which the server had closed: sent again "
            "on a new one. The latency counts from when the request was due."
        )
    if failed := summary.errors.get(failures.STALE):
        yield (
            f"{numbers.plural(failed, 'request')} met a stale connection, which the server had closed, and failed: only "
            "idempotent requests (GET, HEAD, PUT, DELETE, OPTIONS) are sent again. A longer keep-alive timeout at the server "
            "avoids that, and so do fewer workers (-c) or --connections last-used."
        )


def _refusals(summary: Summary) -> Iterator[str]:
    told = [(status_name(status), note) for status in summary.statuses
            if status in _REFUSALS and (note := summary.notes.get(status_name(status))) and status_name(status) in summary.errors]
    for name, note in told[:_OTHERS]:
        yield f"The first {name} said: {note}"
