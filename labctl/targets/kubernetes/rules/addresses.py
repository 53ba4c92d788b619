"""An address in a component's environment whose host is no Service, or whose port the Service does not have."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from labctl.components import COLLECTOR, SERVICE
from labctl.findings import Symptom
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, Field, Found, cause, edit, seen
from labctl.targets.kubernetes.snapshot import Observed, container

LOOKS_AT: Final = "the addresses that exporters send to"
RULES: Final = {SERVICE.name: "export-endpoint", COLLECTOR.name: "exporter-address"}
SENDERS: Final = {SERVICE.name: ("OTEL_EXPORTER_OTLP", Symptom.SERVICE_EXPORT_FAILS),
                  COLLECTOR.name: ("VIEWER_ENDPOINT", Symptom.COLLECTOR_EXPORT_FAILS)}


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        prefix, symptom = SENDERS.get(workload.component, ("", None))
        template = workload.deployment["spec"]["template"]
        entries = container(template).get("env") or () if symptom and snapshot.queried("Service") else ()
        for entry in entries:
            sends = entry["name"].startswith(prefix) and entry["name"].endswith("ENDPOINT")
            if sends and (wrong := _wrong(snapshot, template, entry)):
                message = f"{workload.component}: {entry['name']} {wrong}"
                finding = cause(
                    RULES[workload.component], workload.component, message,
                    [seen(workload.deployment, f"{entry['name']}={entry['value']}", "Deployment")],
                    edit(workload.component, entry["name"], "correct"), leads_to=frozenset({symptom}),
                )
                field = f"{TEMPLATE}.spec.containers[{container(template)['name']}].env[{entry['name']}]"
                yield Found(finding, (Field("Deployment", workload.name, field),))


def _wrong(snapshot: Observed, template: Object, entry: Object) -> str:
    """What is wrong with the address, or ""."""
    text = str(entry.get("value") or "")
    try:
        address = urlsplit(text if "//" in text else f"//{text}")
        host, port = address.hostname or "", address.port
    except ValueError:
        return f"is not an address: {text}"
    aliases = {name for alias in template["spec"].get("hostAliases") or () for name in alias.get("hostnames") or ()}
    name, _, domain = host.partition(".")
    if not text or _is_number(host) or domain.partition(".")[0] not in {"", snapshot.names.namespace}:
        return ""                       # not set, an IP address, or another namespace's: nothing is known of it here
    if host == "localhost":
        return f"names {host}, which is the pod itself, where nothing listens"
    service = snapshot.get("Service", name)
    if service is None:
        known = ", ".join(one["metadata"]["name"] for one in snapshot.items("Service"))
        return "" if host in aliases else f"names {host}, which is not a Service in the namespace ({known})"
    ports = [one["port"] for one in service["spec"].get("ports") or ()]
    if not port or port in ports:
        return ""
    return f"uses port {port} of the Service {name}, which has only {', '.join(map(str, ports))}"


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()
