"""Log lines for people (`render`: coloured by component, JSON made readable) and for pipes (`plain`: as they came).

Print `render` with `soft_wrap=True`, and `plain` without rich: a line that is broken at 80 columns cannot be grepped.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.text import Text

from labctl.model import LogLine
from labctl.ui.kit.palette import BAD, DIM, WARN, colour_of
from labctl.ui.kit.safe_text import visible

_REPEATED: Final = re.compile(r'"(?:resource": \{[^{}]*\}|otelcol\.(?:component\.(?:id|kind)|signal)": "\w+")(?:, )?')
_WIDTH: Final = len("collector")
_TIMES: Final = ("time", "timestamp", "ts", "asctime", "@timestamp")
_LEVELS: Final = ("level", "severity", "levelname", "severity_text")
_MESSAGES: Final = ("message", "msg", "event", "body")
_QUIET: Final = frozenset({"trace_id", "span_id", "logger", "trace_flags"})
_LEVEL_STYLES: Final = {"WARN": WARN, "WARNING": WARN, "ERROR": BAD, "CRITICAL": BAD, "FATAL": BAD, "DEBUG": DIM}


def render(line: LogLine) -> Text:
    """`collector │ 14:00:03.100 INFO message key=value`; a line that is not JSON keeps its own words."""
    colour = colour_of(line.component)
    text = Text.assemble((f"{visible(line.component):<{_WIDTH}} ", colour), ("│ ", DIM), no_wrap=True)
    return text.append_text(readable(line.text, line.at))


def readable(text: str, at: float | None = None) -> Text:
    """The line without its component."""
    fields = _fields(text)
    return _of_json(fields, at) if fields else _as_it_came(text)


def plain(line: LogLine, *, prefix: bool) -> str:
    """The line unchanged; with `prefix` (more than one component is shown) its component is put before it."""
    return f"{line.component} | {line.text}" if prefix else line.text


def _fields(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _of_json(fields: dict[str, Any], at: float | None) -> Text:
    moment, level, message = (_taken(fields, names) for names in (_TIMES, _LEVELS, _MESSAGES))
    level = visible(level).upper()
    style = _LEVEL_STYLES.get(level, "")
    text = Text.assemble((_clock(moment, at), DIM), (f"{level:<7} ", style) if level else "", (visible(message), style))
    for name, value in sorted(fields.items(), key=lambda item: item[0] in _QUIET):
        quiet = DIM if name in _QUIET else ""
        text.append(f" {visible(name)}=", DIM).append(visible(_value(value)), quiet)
    return text


def brief(text: str) -> str:
    """A collector's line less what every one of them repeats: who the collector is and what kind of thing wrote it."""
    return _REPEATED.sub("", text)


def _as_it_came(text: str) -> Text:
    text = brief(text)
    words = {word.strip(":[]").upper() for word in text.split()[:4]}
    style = BAD if words & {"ERROR", "FATAL", "CRITICAL"} else WARN if words & {"WARN", "WARNING"} else ""
    return Text(visible(text), style=style)


def _taken(fields: dict[str, Any], names: tuple[str, ...]) -> object:
    return next((fields.pop(name) for name in names if name in fields), "")


def _value(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if " " in value or not value else value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (Mapping, list, bool)) else str(value)


def _clock(moment: object, at: float | None) -> str:
    """Local time of day, from the line's own time or else from when it was read."""
    try:
        own = datetime.fromisoformat(moment) if isinstance(moment, str) and moment else None
        own = own or (datetime.fromtimestamp(at, UTC) if at is not None else None)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{own.astimezone():%H:%M:%S}.{own.microsecond // 1000:03} " if own else ""
