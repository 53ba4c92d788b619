"""Log records as JSON lines on stderr, with the ids of the span they were made in.

What a caller adds with `extra={…}` becomes members of the line, as OpenTelemetry's logging handler makes attributes of it.
"""

import json
import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

if TYPE_CHECKING:
    from service.redaction import Redactor

_encode = json.JSONEncoder(default=str).encode
_STANDARD = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """`{"timestamp","level","logger","message",…extra,"trace_id","span_id"}`; ids only where there is a span."""

    _second = -1
    _prefix = ""

    def __init__(self, redactor: "Redactor | None" = None) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        value = {"timestamp": self._time(record), "level": record.levelname, "logger": record.name, **self._told(record)}
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            value["trace_id"] = f"{context.trace_id:032x}"
            value["span_id"] = f"{context.span_id:016x}"
        return _encode(value)

    def _told(self, record: logging.LogRecord) -> dict[str, Any]:
        """What may hold data of a request."""
        value = {"message": record.getMessage()}
        value |= {name: extra for name, extra in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            value["exception"] = self.formatException(record.exc_info)
        if self._redactor:
            return {name: self._redactor.value(name, one) for name, one in value.items()}
        return value

    def _time(self, record: logging.LogRecord) -> str:
        """RFC 3339 in UTC with milliseconds; the text up to the second is kept while the second lasts."""
        second = int(record.created)
        if second != self._second:
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._prefix}.{int(record.msecs):03d}Z"


def install() -> None:
    """Make every logger of this process write JSON to stderr. A second call changes nothing."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers):
        return
    # the lines have no source location and no thread; finding those would cost as much as writing the line
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    logging._srcfile = None  # noqa: SLF001  the logging HOWTO's "Optimization" names it
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(_redactor()))
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def _redactor() -> "Redactor | None":
    if os.environ.get("REDACT_LOGS", "").strip().lower() != "true":
        return None
    from service.redaction import Redactor  # not otherwise: its patterns take a while

    return Redactor(os.environ.get("REDACT_PATTERN", ""))


def console_only() -> None:
    """Remove the other handlers: OpenTelemetry's logs a complaint about each record that comes after its shutdown."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if not isinstance(handler.formatter, JsonFormatter)]:
        root.removeHandler(handler)
