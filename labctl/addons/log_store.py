"""Asks VictoriaLogs for log records in its own language, LogsQL (docs.victoriametrics.com/victorialogs/querying)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from labctl.errors import LabError, NotReady, UsageError
from labctl.host.http import Answer, Unreachable, post

PATH: Final = "/select/logsql/query"
TIMEOUT_S: Final = 30.0
OK: Final = 200
REFUSED: Final = frozenset({400, 422})  # what the query says cannot be read, or cannot be worked out
_OWN: Final = frozenset({"_time", "_msg", "_stream", "_stream_id"})


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record, or a row of a query that makes others, such as `| stats`, which then has fields alone."""

    fields: Mapping[str, str]

    @property
    def at(self) -> str:
        """RFC 3339, in UTC; "": none."""
        return self.fields.get("_time", "")

    @property
    def message(self) -> str:
        return self.fields.get("_msg", "")

    @property
    def severity(self) -> str:
        return self.fields.get("severity_text", "")

    @property
    def trace_id(self) -> str:
        return self.fields.get("trace_id", "")

    @property
    def is_record(self) -> bool:
        return bool(self.at)

    @property
    def others(self) -> dict[str, str]:
        """The fields beside those."""
        shown = _OWN | {"severity_text", "trace_id"}
        return {name: text for name, text in self.fields.items() if name not in shown}

    def as_json(self) -> dict[str, Any]:
        return {
            "time": self.at or None, "severity": self.severity or None, "message": self.message or None,
            "trace_id": self.trace_id or None, "attributes": self.others,
        }


def query(url: str, text: str, *, since: float | None = None, limit: int) -> list[LogRecord]:
    """The newest `limit` records from `since` (Unix seconds) on, oldest first.

    Raises UsageError with VictoriaLogs' own words where it cannot read the query, NotReady where it does not answer.
    """
    wanted = {"query": text, "limit": limit, **({} if since is None else {"start": f"{since:.3f}"})}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    try:
        answer = post(f"{url}{PATH}", urlencode(wanted).encode(), headers, timeout_s=TIMEOUT_S)
    except Unreachable as error:
        raise NotReady("VictoriaLogs does not answer", detail=error.detail, hint="labctl why victoria-logs") from None
    if answer.status != OK:
        raise _error(answer, text)
    return sorted(_records(answer), key=lambda record: record.at)


def _error(answer: Answer, text: str) -> LabError:
    said = " ".join(answer.body.decode(errors="replace").split())
    if answer.status in REFUSED:
        return UsageError(f"--query {text}: {said}", hint="labctl logs --query 'severity_text:ERROR' --since 5m")
    return LabError(f"VictoriaLogs answers {answer.status}", detail=said[:500], hint="labctl logs victoria-logs")


def _records(answer: Answer) -> Iterator[LogRecord]:
    for line in answer.body.splitlines():
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise LabError(
                "VictoriaLogs' response has a line that is not a log record", detail=line[:200].decode(errors="replace"),
                hint="labctl why victoria-logs",
            )
        yield LogRecord({str(name): str(value) for name, value in fields.items()})
