"""Log records as JSON lines on stderr, with the ids of the span they were made in.

What a caller adds with `extra={…}` becomes members of the line, as OpenTelemetry's logging handler makes attributes of it.
"""

import json
import logging
import sys
import time

from opentelemetry import trace

_encode = json.JSONEncoder(default=str).encode
_STANDARD = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """`{"timestamp","level","logger","message",…extra,"trace_id","span_id"}`; ids only where there is a span."""

    _second = -1
    _prefix = ""

    def format(self, record: logging.LogRecord) -> str:
        value = {"timestamp": self._time(record), "level": record.levelname, "logger": record.name,
                 "message": record.getMessage()}
        value |= {name: extra for name, extra in vars(record).items() if name not in _STANDARD}
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            value["trace_id"] = f"{context.trace_id:032x}"
            value["span_id"] = f"{context.span_id:016x}"
        if record.exc_info:
            value["exception"] = self.formatException(record.exc_info)
        return _encode(value)

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
    handler.setFormatter(JsonFormatter())
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def console_only() -> None:
    """Remove the other handlers: OpenTelemetry's logs a complaint about each record that comes after its shutdown."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if not isinstance(handler.formatter, JsonFormatter)]:
        root.removeHandler(handler)
