"""What the diagnosis gets of a lab in a cluster: each component as it runs, and what the cluster's own rules have found."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from labctl.host.waiting import Deadline
from labctl.model import Expected, LogLine, Observation, ObservedComponent
from labctl.quantity import quantity
from labctl.redaction import redacted, secrets_of, without_secrets
from labctl.targets.kubernetes import recorded, rules
from labctl.targets.kubernetes.gather import Source, gather
from labctl.targets.kubernetes.health import health
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.snapshot import Observed, Workload, container, given_settings

UNREAD: Final = "(a key of the Secret {name}; its value is not read)"


def observe(source: Source, deadline: Deadline) -> Observation:
    """By the deadline, also when the API server is slow or gone."""
    gathered = gather(source, deadline)
    snapshot = gathered.snapshot
    if not snapshot.queried("Deployment") and not snapshot.queried("Pod"):
        return Observation({}, failed=gathered.failed)
    workloads = {one.component: one for one in snapshot.workloads()}
    found = {one.name: _observed(snapshot, one.name, workloads.get(one.name)) for one in snapshot.components}
    failed = list(gathered.failed)
    switches = recorded.switches(next(iter(snapshot.items("Namespace")), None))
    return Observation(found, rules.findings(snapshot, failed), rules.EXAMINED, failed, switches)


def _observed(snapshot: Observed, component: str, workload: Workload | None) -> ObservedComponent:
    seen = health(component, snapshot)
    if workload is None or workload.pod is None:
        return ObservedComponent(seen)
    name, env = workload.pod["metadata"]["name"], dict(environment(snapshot, workload.pod))
    secrets = secrets_of(env)
    return ObservedComponent(
        seen, without_secrets(env), redacted(_config(snapshot, workload.pod), secrets), _arguments(workload.pod, secrets),
        _expected(snapshot, workload), given_settings(workload.deployment), log=_shown(snapshot.logs.get(name, ()), secrets),
        previous_log=_shown(snapshot.previous_logs.get(name, ()), secrets), usage=snapshot.usage.get(component),
    )


def _expected(snapshot: Observed, workload: Workload) -> Expected | None:
    wanted = snapshot.wants("Deployment", workload.name)
    if wanted is None:
        return None
    config_maps = [item for item in snapshot.desired if item["kind"] == "ConfigMap"]
    with_manifests = replace(snapshot, objects={**snapshot.objects, "ConfigMap": config_maps})
    template = wanted["spec"]["template"]
    env = dict(environment(with_manifests, template))
    secrets = secrets_of(env)
    config = redacted(_config(with_manifests, template), secrets)
    return Expected(without_secrets(env), config, _arguments(template, secrets))


def _arguments(pod: Object, secrets: Iterable[str]) -> list[str]:
    own = container(pod)
    return [redacted(str(word), secrets) for word in (*own.get("command", ()), *own.get("args", ()))]


def _shown(lines: Iterable[LogLine], secrets: Iterable[str]) -> list[LogLine]:
    return [replace(line, text=redacted(line.text, secrets)) for line in lines]


def environment(snapshot: Observed, pod: Object) -> Iterator[tuple[str, str]]:
    """Of its container. What comes from a Secret is only named; what is not known here is left out."""
    for entry in container(pod).get("envFrom") or ():
        config_map = snapshot.get("ConfigMap", entry.get("configMapRef", {}).get("name", "")) or {}
        for name, value in (config_map.get("data") or {}).items():
            yield entry.get("prefix", "") + name, str(value)
    known: dict[str, str] = {}
    for entry in container(pod).get("env") or ():
        value = _value(snapshot, pod, entry)
        if value is not None:
            known[entry["name"]] = _expanded(value, known)
    yield from known.items()


def _expanded(value: str, known: Mapping[str, str]) -> str:
    """`$(NAME)` stands for a variable above it."""
    for name, text in known.items():
        value = value.replace(f"$({name})", text)
    return value


def _value(snapshot: Observed, pod: Object, entry: Object) -> str | None:
    source: Mapping[str, Any] = entry.get("valueFrom", {})
    if reference := source.get("configMapKeyRef"):
        found = (snapshot.get("ConfigMap", reference["name"]) or {}).get("data") or {}
        return found.get(reference["key"])
    if reference := source.get("secretKeyRef"):
        return UNREAD.format(name=reference["name"])
    if reference := source.get("fieldRef"):
        return _field(pod, reference["fieldPath"])
    if reference := source.get("resourceFieldRef"):
        return _resource(pod, reference)
    return None if source else str(entry.get("value", ""))


def _resource(pod: Object, reference: Object) -> str | None:
    """A limit or request of its container, such as `limits.memory`, in units of the divisor."""
    found = _field(container(pod).get("resources", {}), reference["resource"])
    amount, unit = quantity(found), quantity(reference.get("divisor"))
    return None if amount is None else str(math.ceil(amount / (unit or 1)))


def _field(pod: Object, where: str) -> str | None:
    found: Any = pod
    for name in where.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return None if found is None else str(found)


def _config(snapshot: Observed, pod: Object) -> str:
    """The text of the ConfigMaps that it mounts."""
    names = [volume["configMap"]["name"] for volume in pod["spec"].get("volumes") or () if "configMap" in volume]
    found = [snapshot.get("ConfigMap", name) or {} for name in names]
    return "\n".join(text for item in found for text in (item.get("data") or {}).values())
