"""What the diagnosis finds: what is wrong, the evidence for it, its cause, and the line that mends it.

Subtle: only a `CAUSE` is something that is wrong by itself. A `SYMPTOM` is an effect, seen elsewhere, and is shown under the
cause that leads to it (`LEADS_TO`), or else as a symptom whose cause is unknown. A `NOTICE` is how the lab was set up on
purpose: it may explain what is seen, and is never called wrong.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

from labctl.components import ALERTMANAGER, GRAFANA, JAEGER, METRICS_SERVER, PROMETHEUS, VICTORIA_LOGS


class Kind(StrEnum):
    CAUSE = "cause"
    SYMPTOM = "symptom"
    NOTICE = "notice"


class Certainty(IntEnum):
    """How directly the evidence shows the cause."""

    POSSIBLE = 1                        # it fits, as other causes would
    LIKELY = 2                          # measured
    CERTAIN = 3                         # read from the very thing that is wrong


class Symptom(StrEnum):
    """What is noticed of a fault, in the order of the pipeline. Each belongs to the whole lab, not to one pod."""

    SERVICE_DOWN = "the service does not answer"
    COLLECTOR_DOWN = "the collector does not run or does not answer"
    VIEWER_DOWN = "the viewer does not answer"
    REQUESTS_FAIL = "requests fail"
    SLOW = "requests are slow"
    NO_SPANS = "the service makes no spans"
    SPANS_DROPPED = "the service drops spans before it sends them"
    SERVICE_EXPORT_FAILS = "the service cannot send to the collector"
    COLLECTOR_REFUSES = "the collector refuses telemetry"
    SERVICE_EXPORT_REFUSED = "the service cannot send to the collector, which may have refused it"
    COLLECTOR_DROPS = "the collector drops spans"
    COLLECTOR_EXPORT_FAILS = "the collector cannot send to the viewer"
    VIEWER_REFUSES = "the viewer refuses or cannot store telemetry"
    TRACES_MISSING = "traces do not arrive whole"
    METRICS_MISSING = "metrics do not arrive"
    LOGS_MISSING = "log records do not arrive"
    PROMETHEUS_DOWN = "Prometheus does not answer"
    ALERTMANAGER_DOWN = "Alertmanager does not answer"
    JAEGER_DOWN = "Jaeger does not answer"
    LOG_STORE_DOWN = "VictoriaLogs does not answer"
    GRAFANA_DOWN = "Grafana does not answer"
    METRICS_SERVER_DOWN = "metrics-server does not answer"
    JAEGER_UNREACHED = "the collector cannot send to Jaeger"
    LOG_STORE_UNREACHED = "the collector cannot send to VictoriaLogs"
    SCRAPES_FAIL = "Prometheus cannot read metrics from the collector"
    ALERTMANAGER_UNREAD = "Prometheus cannot read the metrics of Alertmanager"
    RULES_FAIL = "Prometheus cannot evaluate its rules"
    ALERTS_UNTOLD = "Alertmanager cannot tell the viewer of alerts"
    PANELS_EMPTY = "a data source of Grafana does not answer"
    NOT_SCALED = "the autoscaler does not know how much the service uses"


DOWN: Final[Mapping[str, Symptom]] = {
    "service": Symptom.SERVICE_DOWN, "collector": Symptom.COLLECTOR_DOWN, "viewer": Symptom.VIEWER_DOWN,
    PROMETHEUS.name: Symptom.PROMETHEUS_DOWN, ALERTMANAGER.name: Symptom.ALERTMANAGER_DOWN, JAEGER.name: Symptom.JAEGER_DOWN,
    VICTORIA_LOGS.name: Symptom.LOG_STORE_DOWN, GRAFANA.name: Symptom.GRAFANA_DOWN,
    METRICS_SERVER.name: Symptom.METRICS_SERVER_DOWN,
}
"""What is noticed of each component when it does not answer."""

LEADS_TO: Final[Mapping[Symptom, frozenset[Symptom]]] = {
    Symptom.SERVICE_DOWN: frozenset({Symptom.REQUESTS_FAIL, Symptom.TRACES_MISSING}),
    Symptom.COLLECTOR_DOWN: frozenset({Symptom.SERVICE_EXPORT_FAILS, Symptom.SCRAPES_FAIL}),
    Symptom.VIEWER_DOWN: frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.TRACES_MISSING, Symptom.ALERTS_UNTOLD}),
    Symptom.REQUESTS_FAIL: frozenset({Symptom.TRACES_MISSING}),
    Symptom.NO_SPANS: frozenset({Symptom.TRACES_MISSING}),
    Symptom.SPANS_DROPPED: frozenset({Symptom.TRACES_MISSING}),
    Symptom.SERVICE_EXPORT_FAILS: frozenset({Symptom.SERVICE_EXPORT_REFUSED, Symptom.SPANS_DROPPED, Symptom.TRACES_MISSING}),
    Symptom.SERVICE_EXPORT_REFUSED: frozenset({Symptom.SPANS_DROPPED, Symptom.TRACES_MISSING}),
    Symptom.COLLECTOR_REFUSES: frozenset({Symptom.SERVICE_EXPORT_REFUSED}),
    Symptom.COLLECTOR_DROPS: frozenset({Symptom.TRACES_MISSING}),
    Symptom.COLLECTOR_EXPORT_FAILS: frozenset({Symptom.COLLECTOR_REFUSES, Symptom.COLLECTOR_DROPS, Symptom.TRACES_MISSING}),
    Symptom.PROMETHEUS_DOWN: frozenset({Symptom.PANELS_EMPTY}),
    Symptom.ALERTMANAGER_DOWN: frozenset({Symptom.ALERTMANAGER_UNREAD}),
    Symptom.JAEGER_DOWN: frozenset({Symptom.JAEGER_UNREACHED, Symptom.PANELS_EMPTY}),
    Symptom.LOG_STORE_DOWN: frozenset({Symptom.LOG_STORE_UNREACHED, Symptom.PANELS_EMPTY}),
    Symptom.METRICS_SERVER_DOWN: frozenset({Symptom.NOT_SCALED}),
    Symptom.VIEWER_REFUSES: frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.TRACES_MISSING, Symptom.ALERTS_UNTOLD}),
}
"""The direct consequences of each symptom."""

UNREACHED: Final[Mapping[str, Symptom]] = {
    JAEGER.name: Symptom.JAEGER_UNREACHED, VICTORIA_LOGS.name: Symptom.LOG_STORE_UNREACHED,
}
"""What is noticed of an add-on that the collector cannot send to."""

ADDON_EFFECTS: Final[Mapping[str, frozenset[Symptom]]] = {
    PROMETHEUS.name: frozenset({
        Symptom.PROMETHEUS_DOWN, Symptom.SCRAPES_FAIL, Symptom.ALERTMANAGER_UNREAD, Symptom.RULES_FAIL,
    }),
    ALERTMANAGER.name: frozenset({Symptom.ALERTMANAGER_DOWN, Symptom.ALERTS_UNTOLD}),
    JAEGER.name: frozenset({Symptom.JAEGER_DOWN, Symptom.JAEGER_UNREACHED}),
    VICTORIA_LOGS.name: frozenset({Symptom.LOG_STORE_DOWN, Symptom.LOG_STORE_UNREACHED}),
    GRAFANA.name: frozenset({Symptom.GRAFANA_DOWN, Symptom.PANELS_EMPTY}),
    METRICS_SERVER.name: frozenset({Symptom.METRICS_SERVER_DOWN}),
}
"""What a change of an add-on can lead to."""


@dataclass(frozen=True, slots=True)
class Evidence:
    source: str                         # where it was read: `pod ai-lab-2-2-paid-5d9f, container app`, `collector metrics`
    text: str                           # quoted as it was read, or the figures
    at: float | None = None             # Unix seconds; None: as it is now


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule has found."""

    rule: str                           # the id of what is wrong, such as `collector-scaled-to-zero`
    kind: Kind
    component: str                      # whose fault it is: a component's name, `lab` or `machine`
    message: str                        # what is wrong, in one line
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""                    # a line that mends it when it is pasted
    symptom: Symptom | None = None      # for a SYMPTOM: which; for a CAUSE: as what it counts where another explains it
    leads_to: frozenset[Symptom] = frozenset()      # for a CAUSE: its direct consequences
    suspect: bool = False               # for a NOTICE: it is the cause of a symptom that it leads to and no cause explains
    certainty: Certainty = Certainty.CERTAIN
    against: str = ""                   # what speaks against it
    final: bool = True                  # whether it will not pass by itself, so that waiting for the component is pointless

    def as_json(self) -> dict[str, Any]:
        found = asdict(self)
        return {
            **found, "evidence": [asdict(one) for one in self.evidence], "certainty": self.certainty.name.lower(),
            "symptom": self.symptom.name.lower() if self.symptom else None,
            "leads_to": sorted(one.name.lower() for one in self.leads_to),
        }


def consequences(finding: Finding) -> frozenset[Symptom]:
    """Everything that a cause leads to, directly and through others."""
    found: set[Symptom] = set()
    further = [*finding.leads_to, *([finding.symptom] if finding.symptom else [])]
    while further:
        symptom = further.pop()
        if symptom not in found:
            found.add(symptom)
            further += LEADS_TO.get(symptom, ())
    return frozenset(found)
