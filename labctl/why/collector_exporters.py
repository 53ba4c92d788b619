"""The collector's exporters: which lead to the viewer and which to other backends, and what they complain of."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from labctl.findings import Evidence
from labctl.model import LogLine
from labctl.telemetry.hops.exporters import PRINTS, leading_to_viewer
from labctl.why.facts import Facts

LOST: Final = "error"                   # the level of a line that gives something up; what will be tried again has another
_LEVELS: Final = frozenset({LOST, "warn", "info"})
_PARTS: Final = 4                       # of a line


@dataclass(frozen=True, slots=True)
class Complaint:
    exporter: str
    level: str
    at: float                           # Unix seconds
    message: str
    error: str
    source: str                         # the log that says so

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.source, f"{self.exporter}: {self.message}: {self.error}", self.at)


def to_viewer(facts: Facts) -> frozenset[str]:
    """By the collector's own metrics; empty where there are none."""
    return leading_to_viewer(_counted(facts))


def to_backends(facts: Facts) -> list[str]:
    """The others that pass something on, in the order of their ids."""
    found = _counted(facts)
    return sorted(one for one in found - leading_to_viewer(found) if one.partition("/")[0] != PRINTS)


def _counted(facts: Facts) -> set[str]:
    series = facts.collector.after.series if facts.collector else ()
    return {one.labels["exporter"] for one in series if "exporter" in one.labels}


def complaints(facts: Facts, lines: Iterable[LogLine]) -> Iterator[Complaint]:
    """Of `TIME<TAB>error<TAB>caller<TAB>message<TAB>{fields}`, where the fields are an exporter's and name an error."""
    source = facts.log_source("collector")
    for line in lines:
        words = line.text.split("\t")
        fields = _fields(words[-1]) if len(words) >= _PARTS and words[1] in _LEVELS else {}
        if fields.get("otelcol.component.kind") == "exporter" and "error" in fields:
            named = str(fields.get("otelcol.component.id"))
            yield Complaint(named, words[1], line.at or 0.0, words[-2], str(fields["error"]), source)


def _fields(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
