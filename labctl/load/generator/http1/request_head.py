"""The bytes of a request: its head, encoded once for each kind of request but for the traceparent, and its body."""

from collections.abc import Iterator
from itertools import count

from labctl.errors import UsageError
from labctl.load.plan import request_mix
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.trace_ids import flagged_texts, randomness, text, texts

_WITH_BODY = {"POST", "PUT", "PATCH"}   # methods that send `content-length: 0` with an empty body (RFC 9110, 8.6)
_IDEMPOTENT = {b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"}    # RFC 9110, 9.2.2
HEAD_METHOD = b"HEAD "                  # a request whose response has no body begins so


class Requests:
    """The requests of a run, by index from 1."""

    def __init__(self, plan: LoadPlan, address: Address) -> None:
        self._around = [_around(request, plan.run_id, address) for request in request_mix.pool(plan)]
        self._sampled_from = plan.sampled_from
        self._kinds = request_mix.RequestOrder(plan)

    def every(self, first: int = 1, step: int = 1) -> Iterator[bytes]:
        """The bytes of request `first`, `first` + `step`, `first` + 2 `step`, …"""
        if len(self._around) == 1 and self._sampled_from:
            return flagged_texts(first, step, *self._around[0], self._sampled_from)
        if len(self._around) == 1:
            before, (_, after) = self._around[0]
            return texts(first, step, before, after)
        return map(self.of, count(first, step))

    def of(self, index: int) -> bytes:
        before, after = self._around[self._kinds.of(index)]
        return before + text(index) + after[not self._sampled_from or randomness(index) >= self._sampled_from]


def is_idempotent(request: bytes) -> bool:
    """Whether sending it twice does no more than sending it once, by its method."""
    return request[:request.find(b" ")] in _IDEMPOTENT


def _around(request: Request, run_id: str, address: Address) -> tuple[bytes, tuple[bytes, bytes]]:
    """The bytes before a request's own ids, and those after them: of a request that is not sampled, and of one that is.

    traceparent as in https://www.w3.org/TR/trace-context/: version 00, trace id, parent id, flags (01: sampled).
    """
    named = {"host": address.authority, **{name.lower(): value for name, value in request.headers.items()}}
    if request.body or request.method in _WITH_BODY:
        named.setdefault("content-length", str(len(request.body)))
    fields = "".join(f"{name}: {_safe(value)}\r\n" for name, value in named.items())
    head = f"{request.method} {request.path or address.path} HTTP/1.1\r\n{fields}traceparent: 00-{run_id}"
    not_sampled, sampled = (flags + b"\r\n\r\n" + request.body for flags in (b"-00", b"-01"))
    return head.encode("latin-1"), (not_sampled, sampled)


def _safe(value: str) -> str:
    if any(character in "\r\n\0" for character in value):
        raise UsageError(f"a header's value cannot hold a line break: {value!r}")
    return value
