"""A file of the lab's certificates or its token that is missing, broken or of another lab: whoever reads it next cannot go on.

While a request still arrives whole, it is only said: programs go on with what they have read before. Alertmanager does not.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from labctl.components import ALERTMANAGER
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the files of certificates and the token are there, whole, and of this lab"
_FURTHER: Final = frozenset({Symptom.METRICS_MISSING, Symptom.LOGS_MISSING, Symptom.TRACES_MISSING})
_SENDS: Final = frozenset({Symptom.SERVICE_EXPORT_FAILS, Symptom.SERVICE_EXPORT_REFUSED})
_LEADS_TO: Final[Mapping[str, frozenset[Symptom]]] = {
    "service": _SENDS | _FURTHER,
    "collector": _SENDS | {Symptom.COLLECTOR_EXPORT_FAILS, Symptom.COLLECTOR_DOWN} | _FURTHER,
    "viewer": frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.VIEWER_DOWN}) | _FURTHER,
    "alertmanager": frozenset({Symptom.ALERTS_UNTOLD}),
    "labctl": frozenset({Symptom.VIEWER_DOWN}) | _FURTHER,
    "token": _SENDS | {Symptom.COLLECTOR_EXPORT_FAILS, Symptom.VIEWER_DOWN, Symptom.COLLECTOR_DOWN} | _FURTHER,
}
_SOURCE: Final = "certificates and token"
_COMPONENTS: Final = frozenset({"service", "collector", "viewer", "alertmanager"})


def find(facts: Facts) -> Iterator[Finding]:
    arrived = bool(facts.canary and facts.canary.whole)
    for one in facts.security.broken if facts.security else ():
        passing = arrived and one.holder != ALERTMANAGER.name
        whose = "the lab's token" if one.holder == "token" else f"the {one.name} of {one.holder}"
        yield Finding(
            "credential-broken", Kind.NOTICE if passing else Kind.CAUSE, one.holder if one.holder in _COMPONENTS else "lab",
            f"{whose} {one.what}", (Evidence(_SOURCE, f"{one.where}: {one.name} {one.what}"),), "labctl up",
            leads_to=frozenset() if passing else _LEADS_TO[one.holder],
        )
