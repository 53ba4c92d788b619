"""A data source that Grafana was given leads to a Service that is not there, or to pods none of which is ready."""

import re
from collections.abc import Iterator
from typing import Final

from labctl.components import GRAFANA
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.targets.kubernetes.rules.found import Found
from labctl.targets.kubernetes.snapshot import Observed, is_ready, own_pods

LOOKS_AT: Final = "whether Grafana's data sources lead to Services with ready pods"
_URL: Final = re.compile(r"^[-\s]*url: *https?://([-a-z0-9]+)(?:[:/]|$)", re.MULTILINE)
_LABEL: Final = "app.kubernetes.io/name"


def find(snapshot: Observed) -> Iterator[Found]:
    if snapshot.get("Deployment", GRAFANA.cluster.deployment) is None:
        return
    for item in snapshot.items("ConfigMap"):
        for file, text in (item.get("data") or {}).items() if _is_of_grafana(item["metadata"]) else ():
            for host in dict.fromkeys(_URL.findall(text)):
                if why := _unusable(snapshot, host):
                    evidence = Evidence(f"ConfigMap {item['metadata']['name']}, {file}", f"url: http://{host}: {why}")
                    yield Found(_finding(host, evidence))


def _is_of_grafana(metadata: dict[str, dict[str, str]]) -> bool:
    return metadata.get("labels", {}).get(_LABEL) == GRAFANA.name


def _unusable(snapshot: Observed, host: str) -> str:
    if snapshot.lacks("Service", host):
        return "there is no such Service"
    deployment = snapshot.get("Deployment", host)
    pods = own_pods(deployment, snapshot.items("Pod")) if deployment else []
    return "" if deployment is None or any(map(is_ready, pods)) else "none of its pods is ready"


def _finding(host: str, evidence: Evidence) -> Finding:
    return Finding(
        "grafana-source", Kind.SYMPTOM, GRAFANA.name, f"a data source of Grafana does not answer: {host}", (evidence,),
        f"labctl why {host}", symptom=Symptom.PANELS_EMPTY,
    )
