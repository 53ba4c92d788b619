"""Client spans as OTLP protobuf, encoded by hand: a request's span is a few fixed slices around ids, times and numbers.

Wire format: https://protobuf.dev/programming-guides/encoding/ with the field numbers of opentelemetry-proto's trace.proto
(ExportTraceServiceRequest.resource_spans = 1; ResourceSpans.resource = 1, .scope_spans = 2; ScopeSpans.scope = 1, .spans = 2),
common.proto (KeyValue.key = 1, .value = 2; AnyValue string = 1, int = 3, double = 4) and resource.proto (attributes = 1).
Attributes follow the stable HTTP conventions: https://opentelemetry.io/docs/specs/semconv/http/http-spans/.
"""

import secrets
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from struct import Struct

import labctl
from labctl.load.plan import request_mix
from labctl.load.plan.address import Address
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.trace_ids import ids

_VARINT, _FIXED64, _BYTES = 0, 1, 2     # protobuf's wire types
_SPAN_TRACE_ID, _SPAN_ID, _SPAN_NAME, _SPAN_KIND, _SPAN_START, _SPAN_END, _SPAN_ATTRIBUTES, _SPAN_STATUS = 1, 2, 5, 6, 7, 8, 9, 15
_STATUS_CODE, _STATUS_ERROR = 3, 2
_KIND_CLIENT = 3
_ERROR_FROM = 400
_TIMES = Struct("<BQBQ").pack
_DOUBLE = Struct("<d").pack
_LOW = 0x7F

Value = str | int | float


class SpanEncoder:
    """Spans of one run."""

    def __init__(self, plan: LoadPlan, address: Address) -> None:
        self._requests = request_mix.pool(plan)
        self._kind = request_mix.RequestOrder(plan).of
        self._base = f"{'https' if address.secure else 'http'}://{address.authority}"
        self._url = plan.url
        self._address = address
        self._before_ids = _key(_SPAN_TRACE_ID, _BYTES) + b"\x10" + bytes.fromhex(plan.run_id)
        self._between_ids = _key(_SPAN_ID, _BYTES) + b"\x08"
        self._due = _double_attribute("labctl.due_offset_ms")
        self._wait = _double_attribute("labctl.wait_ms")
        self._epoch_ns = time.time_ns() - time.monotonic_ns()       # read once: a step of the wall clock must not move spans
        self.start = 0.0                # when the first request is due, on the monotonic clock; set before the first span
        self._rest = lru_cache(maxsize=256)(self._outcome)

    def span(self, index: int, due: float, sent: float, done: float, outcome: int | str) -> bytes:
        """A field ScopeSpans.spans. The span begins when the request was sent; how long it waited before that is an attribute.

        `index` is the request's, the times are seconds of time.monotonic, `outcome` the status or the name of what went wrong.
        """
        own = ids(index)
        length, rest = self._rest(self._kind(index), outcome)
        return b"".join((
            length, self._before_ids, own[:8], self._between_ids, own[8:],
            _TIMES(_START_KEY, self._epoch_ns + int(sent * 1e9), _END_KEY, self._epoch_ns + int(done * 1e9)),
            self._due, _DOUBLE((due - self.start) * 1e3), self._wait, _DOUBLE((sent - due) * 1e3), rest,
        ))

    def _outcome(self, kind: int, outcome: int | str) -> tuple[bytes, bytes]:
        """The parts that depend only on the kind of request and the outcome: the span's key and length, and its last fields."""
        request = self._requests[kind]
        attributes: dict[str, Value] = {
            "http.request.method": request.method, "url.full": f"{self._base}{request.path}" if request.path else self._url,
            "server.address": self._address.host, "server.port": self._address.port,
        }
        if isinstance(outcome, int):
            attributes["http.response.status_code"] = outcome
        failed = not isinstance(outcome, int) or outcome >= _ERROR_FROM
        if failed:
            attributes["error.type"] = str(outcome).replace(" ", "_")
        rest = _field(_SPAN_NAME, request.method.encode()) + _number(_SPAN_KIND, _KIND_CLIENT)
        rest += b"".join(_field(_SPAN_ATTRIBUTES, _attribute(*item)) for item in attributes.items())
        rest += _field(_SPAN_STATUS, _number(_STATUS_CODE, _STATUS_ERROR)) if failed else b""
        fixed = len(self._before_ids) + len(self._between_ids) + 16 + 18 + len(self._due) + len(self._wait) + 16
        return _key(2, _BYTES) + _varint(fixed + len(rest)), rest


class Envelope:
    """The resource and scope around every batch of spans, the same for the whole run."""

    def __init__(self) -> None:
        resource: Mapping[str, Value] = {
            "service.name": "labctl", "service.version": labctl.__version__, "service.instance.id": secrets.token_hex(16),
        }
        self._resource = _field(1, b"".join(_field(1, _attribute(*item)) for item in resource.items()))
        self._scope = _field(1, _field(1, b"labctl.load") + _field(2, labctl.__version__.encode()))

    def request(self, spans: Iterable[bytes]) -> bytes:
        """An ExportTraceServiceRequest with these fields ScopeSpans.spans."""
        scope_spans = _field(2, b"".join((self._scope, *spans)))
        return _field(1, self._resource + scope_spans)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > _LOW:
        out.append(number & _LOW | _LOW + 1)
        number >>= 7
    out.append(number)
    return bytes(out)


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _field(field: int, content: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(content)) + content


def _number(field: int, number: int) -> bytes:
    return _key(field, _VARINT) + _varint(number)


def _attribute(name: str, value: Value) -> bytes:
    """The content of a KeyValue."""
    if isinstance(value, str):
        any_value = _field(1, value.encode())
    elif isinstance(value, int):
        any_value = _number(3, value)
    else:
        any_value = _key(4, _FIXED64) + _DOUBLE(value)
    return _field(1, name.encode()) + _field(2, any_value)


def _double_attribute(name: str) -> bytes:
    """A whole Span.attributes field but for its last 8 bytes, the number."""
    return _field(_SPAN_ATTRIBUTES, _attribute(name, 0.0))[:-8]


_START_KEY, _END_KEY = _key(_SPAN_START, _FIXED64)[0], _key(_SPAN_END, _FIXED64)[0]
