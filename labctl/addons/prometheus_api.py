"""What labctl asks of Prometheus, by its HTTP API (prometheus.io/docs/prometheus/latest/querying/api)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final
from urllib.parse import urlencode

from labctl.errors import LabError, NotReady
from labctl.host.documents import Node
from labctl.host.http import Answer, Unreachable, get

TIMEOUT_S: Final = 10.0
OK: Final = 200
HINT: Final = "labctl why prometheus"


@dataclass(frozen=True, slots=True)
class Sample:
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class LoadedRule:
    group: str
    name: str
    labels: Mapping[str, str]
    healthy: bool
    error: str


@dataclass(frozen=True, slots=True)
class ActiveAlert:
    """An alert whose condition holds: it fires, or is pending, until it has held for long enough."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    firing: bool
    since: float                        # Unix seconds
    value: float | None


class PrometheusApi:
    """A Prometheus by its base URL. Every call raises NotReady when it does not answer, LabError when it refuses."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._timeout_s = timeout_s

    def query(self, expression: str) -> list[Sample]:
        """The series that it has a number for at present."""
        series = self._list("/api/v1/query", "result", query=expression)
        return [Sample(_texts(one.field("metric")), number) for one in series if (number := _measured(one)) is not None]

    def number(self, expression: str) -> float | None:
        """Of an expression with one series; None where it has none, or no number."""
        found = self.query(expression)
        return found[0].value if found else None

    def rules(self) -> list[LoadedRule]:
        groups = self._list("/api/v1/rules", "groups")
        return [
            LoadedRule(
                group.field("name").text(""), rule.field("name").text(""), _texts(rule.field("labels")),
                rule.field("health").text("") != "err", rule.field("lastError").text(""),
            )
            for group in groups for rule in group.field("rules").items()
        ]

    def alerts(self) -> list[ActiveAlert]:
        return [
            ActiveAlert(
                _texts(one.field("labels")), _texts(one.field("annotations")), one.field("state").text("") == "firing",
                _unix(one.field("activeAt")), _number(one.field("value").text("")),
            )
            for one in self._list("/api/v1/alerts", "alerts")
        ]

    def scrape_errors(self) -> dict[str, str]:
        """By job, why its metrics could not be read at the last try."""
        found = self._list("/api/v1/targets", "activeTargets", state="active")
        errors = ((_texts(one.field("labels")).get("job", ""), one.field("lastError").text("")) for one in found)
        return {job: error for job, error in errors if error}

    def own_metrics(self) -> str:
        answer = self._get("/metrics")
        return answer.body.decode(errors="replace") if answer.status == OK else ""

    def _list(self, path: str, name: str, **parameters: str) -> list[Node]:
        """Of its answer's data. An answer without it is not Prometheus's own, and is never taken for an empty list."""
        answer = self._get(f"{path}?{urlencode(parameters)}" if parameters else path)
        document = answer.document("Prometheus", HINT)
        if answer.status != OK:
            raise LabError("Prometheus refused a query", detail=document.field("error").text(answer.excerpt()), hint=HINT)
        found = document.field("data").field(name)
        if not found.present:
            raise found.wrong("a list")
        return found.items()

    def _get(self, path: str) -> Answer:
        try:
            return get(f"{self._url}{path}", timeout_s=self._timeout_s)
        except Unreachable as error:
            raise NotReady("Prometheus does not answer", detail=error.detail, hint=HINT) from None


def _texts(node: Node) -> dict[str, str]:
    found: Any = node.value
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def _measured(series: Node) -> float | None:
    """The number of a series at one moment, which is a pair of the time and a text; None: it is not finite."""
    pair = series.field("value").items()
    if len(pair) != 2:                  # noqa: PLR2004 - a pair
        raise series.field("value").wrong("a time and a number")
    return _number(pair[1].text())


def _unix(moment: Node) -> float:
    try:
        found = datetime.fromisoformat(moment.text("")).timestamp()
    except (ValueError, OverflowError):
        found = -1.0
    if found < 0:
        raise moment.wrong("a time as RFC 3339 has it")
    return found


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if isfinite(found) else None
