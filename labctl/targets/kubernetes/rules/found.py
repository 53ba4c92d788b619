"""A finding of a rule, and the fields of live objects that it explains: a change of those is its evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from labctl import findings
from labctl.components import ALL
from labctl.findings import Evidence, Finding, Kind
from labctl.redaction import redacted
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import DEPLOYMENTS, SET
from labctl.targets.kubernetes.snapshot import Observed, Workload, container, unix

UP: Final = "labctl up"
TEMPLATE: Final = "spec.template"

DOWN: Final = {component: frozenset({symptom}) for component, symptom in findings.DOWN.items()}
"""What follows when a component does not run or cannot be reached."""

EVERYTHING: Final = frozenset().union(*DOWN.values())


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a live object, and everything below it."""

    kind: str
    name: str
    path: str = ""                      # empty: the whole object


@dataclass(frozen=True, slots=True)
class Found:
    finding: Finding
    explains: tuple[Field, ...] = ()

    def explained(self, field: Field) -> bool:
        return any((one.kind, one.name) == (field.kind, field.name) and field.path.startswith(one.path) for one in self.explains)


def cause(rule: str, component: str, message: str, evidence: Iterable[Evidence] = (), remedy: str = UP, **more: Any) -> Finding:
    """What keeps the component from running, unless `leads_to` says otherwise."""
    more = {"leads_to": DOWN.get(component, EVERYTHING)} | more
    return Finding(rule, Kind.CAUSE, component, message, tuple(evidence), remedy, **more)


def notice(rule: str, component: str, message: str, evidence: Iterable[Evidence] = (), remedy: str = "", **more: Any) -> Finding:
    return Finding(rule, Kind.NOTICE, component, message, tuple(evidence), remedy, **more)


def component_of(item: Object) -> str:
    """By its name or its label; `lab` where it belongs to none."""
    meta = item["metadata"]
    names = {meta["name"], meta.get("labels", {}).get("app.kubernetes.io/name")}
    return next((component for component, deployment in DEPLOYMENTS.items() if deployment in names), "lab")


def manifest_of(component: str, kind: str = "Deployment") -> str:
    """The file with the component's object of this kind."""
    files = next((one.cluster.manifests for one in ALL if one.name == component), ())
    named = [file for file in files if (kind == "ConfigMap") == ("config" in file)]
    return f"manifests/{(named or [*files, ''])[0]}"


def edit(component: str, field: str, how: str) -> str:
    """A remedy where the manifest itself is wrong."""
    return f"{how} {field} in {manifest_of(component)}, then: labctl up"


def limit_set_by(snapshot: Observed, workload: Workload, resource: str) -> Evidence:
    """Where the limit comes from: an override, the manifest, or neither."""
    limit = _limit(workload.deployment, resource)
    desired = snapshot.wants("Deployment", workload.name)
    overrides = next((item["metadata"].get("annotations", {}).get(SET, "") for item in snapshot.items("Namespace")), "")
    override = f"{workload.component}.limits.{resource}"
    where = f"labctl up --set {override}" if f'"{override}"' in overrides else manifest_of(workload.component)
    meant = _limit(desired, resource) if desired else limit
    said = f"from {where}" if meant == limit else f"instead of {meant or 'none'} from {where}"
    return Evidence(f"Deployment {workload.name}", f"limits.{resource} {limit}, {said}")


def _limit(deployment: Object, resource: str) -> str | None:
    found: str | None = container(deployment["spec"]["template"]).get("resources", {}).get("limits", {}).get(resource)
    return found


def resources_field(workload: Workload) -> Field:
    own = container(workload.deployment["spec"]["template"])["name"]
    return Field("Deployment", workload.name, f"{TEMPLATE}.spec.containers[{own}].resources")


def kubectl(snapshot: Observed, words: str) -> str:
    """A line that can be pasted."""
    return f"kubectl --kubeconfig $(labctl kubeconfig) -n {snapshot.names.namespace} {words}"


def seen(item: Object, text: str, kind: str = "") -> Evidence:
    return Evidence(f"{kind or item.get('kind', 'object')} {item['metadata']['name']}", text)


def event(item: Object) -> Evidence:
    """An event as it was recorded."""
    involved = item["involvedObject"]
    at = item.get("lastTimestamp") or item.get("eventTime") or ""
    return Evidence(f"event of {involved['kind']} {involved['name']}", f"{item['reason']}: {item.get('message', '')}", unix(at))


def last_lines(snapshot: Observed, pod: Object, count: int = 6, *, previous: bool) -> Evidence | None:
    """Of the log of its container's previous run, else of the present one; or the other way round."""
    name = pod["metadata"]["name"]
    for logs in (snapshot.previous_logs, snapshot.logs) if previous else (snapshot.logs, snapshot.previous_logs):
        if lines := [line for line in logs.get(name, ()) if line.text.strip()][-count:]:
            return Evidence(f"log of pod {name}", redacted("\n".join(line.text for line in lines)), lines[-1].at)
    return None


