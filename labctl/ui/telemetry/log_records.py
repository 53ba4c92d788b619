"""Log records that a query has found: a line each, with the time of day, the severity, the message, its fields and its trace."""

from datetime import datetime

from rich.text import Text

from labctl.addons.log_store import LogRecord
from labctl.ui.kit.palette import BAD, DIM, WARN
from labctl.ui.kit.safe_text import visible

_STYLES = {"WARN": WARN, "WARNING": WARN, "ERROR": BAD, "CRITICAL": BAD, "FATAL": BAD, "DEBUG": DIM}
_QUIET = ("scope.", "service.", "telemetry.", "k8s.", "host.", "deployment.", "severity_", "span_id", "flags")


def render(record: LogRecord) -> Text:
    """Print it with `soft_wrap=True`: a line that is broken cannot be grepped."""
    if not record.is_record:
        return Text(" ".join(f"{visible(name)}={visible(text)}" for name, text in record.fields.items()))
    style = _STYLES.get(record.severity, "")
    severity = f"{visible(record.severity):<7} "
    text = Text.assemble((f"{_clock(record.at)} ", DIM), (severity, style), (visible(record.message), style))
    for name, value in record.others.items():
        if not name.startswith(_QUIET):
            text.append(f" {visible(name)}=", DIM).append(visible(value))
    return text.append(f" trace={visible(record.trace_id)}", DIM) if record.trace_id else text


def _clock(moment: str) -> str:
    """Local date and time, to the millisecond."""
    try:
        at = datetime.fromisoformat(moment).astimezone()
    except ValueError:
        return visible(moment)
    return f"{at:%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"
