"""Log records of the standard library on their way out: a handler that keeps them, and their OTLP encoding.

The SDK's log pipeline copies each record three times; this one keeps the record itself until a batch is encoded.
"""

import logging
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from opentelemetry import trace

from service.distro.outbox import Outbox
from service.distro.wire import attributes, message, text, varint

_TIMES = struct.Struct("<BQBQ").pack
# https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
_SEVERITY = {"DEBUG": (5, "DEBUG"), "INFO": (9, "INFO"), "WARNING": (13, "WARN"), "ERROR": (17, "ERROR"),
             "CRITICAL": (21, "FATAL")}


class Entry(NamedTuple):
    record: logging.LogRecord
    context: trace.SpanContext


class OtlpHandler(logging.Handler):
    """Puts every record into an outbox, with the span that was current."""

    def __init__(self, outbox: Outbox[Entry], end: Callable[[], None]) -> None:
        """`end` is called before the last batches are sent, and bounds how long that may take."""
        super().__init__()
        self._outbox = outbox
        self._end = end

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the base class's lock: an outbox is safe to use from every thread."""
        self._outbox.put(Entry(record, trace.get_current_span().get_span_context()))
        return True

    def flush(self) -> None:
        """For the end of the process, where the standard library calls it too: nothing is taken after it."""
        self._end()
        self._outbox.shut_down()


def logs(batch: Iterable[Entry], resource: bytes) -> bytes:
    """An ExportLogsServiceRequest; the logger's name is the scope."""
    scopes: dict[str, list[bytes]] = defaultdict(list)
    for entry in batch:
        scopes[entry.record.name].append(message(2, _log(entry)))
    return message(1, resource + b"".join(
        message(2, message(1, text(1, name)) + b"".join(found)) for name, found in scopes.items()))


def _log(entry: Entry) -> bytes:
    record, context = entry
    at = int(record.created * 1e9)
    number, level = _SEVERITY.get(record.levelname, (9, record.levelname))
    content = (_TIMES(0x09, at, 0x59, at) + b"\x10" + varint(number) + text(3, level)
               + message(5, text(1, record.getMessage())) + attributes(6, _fields(record)))
    if context.is_valid:
        content += (message(9, context.trace_id.to_bytes(16, "big")) + message(10, context.span_id.to_bytes(8, "big"))
                    + struct.pack("<BI", 0x45, context.trace_flags))
    return content


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = dict(getattr(record, "fields", ()))
    if record.exc_info and record.exc_info[0] is not None:
        fields["exception.type"] = record.exc_info[0].__qualname__
        fields["exception.message"] = str(record.exc_info[1])
        fields["exception.stacktrace"] = logging.Formatter().formatException(record.exc_info)
    return fields
