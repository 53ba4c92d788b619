"""A certificate of the lab that has expired, or will soon."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.numbers import plural
from labctl.why.facts import Facts

if TYPE_CHECKING:
    from labctl.credentials.listing import Listed

LOOKS_AT: Final = "whether a certificate of the lab has expired, or will soon"
_FURTHER: Final = frozenset({Symptom.METRICS_MISSING, Symptom.LOGS_MISSING, Symptom.TRACES_MISSING})
_LEADS_TO: Final[Mapping[str, frozenset[Symptom]]] = {
    "service": frozenset({Symptom.SERVICE_EXPORT_FAILS}) | _FURTHER,
    "collector": frozenset({Symptom.SERVICE_EXPORT_FAILS, Symptom.COLLECTOR_EXPORT_FAILS}) | _FURTHER,
    "viewer": frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.VIEWER_DOWN}) | _FURTHER,
    "ca": frozenset({Symptom.SERVICE_EXPORT_FAILS, Symptom.COLLECTOR_EXPORT_FAILS, Symptom.VIEWER_DOWN}) | _FURTHER,
}
_DAY: Final = timedelta(days=1)


def find(facts: Facts) -> Iterator[Finding]:
    for one in facts.security.certificates if facts.security else ():
        whose = "the lab's CA" if one.holder == "ca" else f"the certificate of {one.holder}"
        component = one.holder if one.holder in _LEADS_TO and one.holder != "ca" else "lab"
        if one.left <= timedelta(0):
            yield Finding(
                "certificate-ended", Kind.CAUSE, component, f"{whose} has expired", _evidence(one), "labctl certs rotate",
                leads_to=_LEADS_TO.get(one.holder, _FURTHER),
            )
        elif one.is_due:
            yield Finding(
                "certificate-ends", Kind.NOTICE, component, f"{whose} expires in {plural(one.left // _DAY, 'day')}",
                _evidence(one), "labctl certs rotate",
            )


def _evidence(one: "Listed") -> tuple[Evidence, ...]:
    return (Evidence(one.path, f"{one.subject}, from {one.begins:%Y-%m-%d %H:%M} to {one.ends:%Y-%m-%d %H:%M} UTC"),)
