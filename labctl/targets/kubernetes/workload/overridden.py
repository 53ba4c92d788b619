"""Overrides of the manifests in a cluster: filled into the Deployments, and recorded in an annotation of the Namespace.

There every `up` finds them, also on another machine; they end with the lab. What a manifest derives (GOMEMLIMIT, the collector's
memory_limiter) follows by itself, since it refers to the container's limit.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from itertools import product
from typing import Any, Final

from labctl import overrides
from labctl.components import ALL, Component
from labctl.quantity import quantity
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import SET
from labctl.targets.kubernetes.workload.manifests import sealed

KINDS: Final = ("limits", "requests")
RESOURCES: Final = ("cpu", "memory")


def recorded(namespace: Object | None) -> dict[str, str]:
    """What the Namespace has; what is not ours in there is left out."""
    try:
        found = json.loads(((namespace or {}).get("metadata", {}).get("annotations") or {}).get(SET, "{}"))
    except ValueError:
        return {}
    known = found.items() if isinstance(found, dict) else ()
    return {name: text for name, text in known if name in overrides.BY_NAME and isinstance(text, str)}


def overridden(desired: Iterable[Object], wanted: Mapping[str, str]) -> list[Object]:
    """The desired objects with the overrides in them."""
    if not wanted:
        return list(desired)
    return [_overridden(item, wanted) for item in desired]


def moved(desired: Iterable[Object], wanted: Mapping[str, str]) -> Iterator[str]:
    """What has to move with an override: `service.requests.memory 256Mi → 128Mi`."""
    before = list(desired)
    for old, new in zip(before, overridden(before, wanted), strict=True):
        component = _component(old)
        if component and old is not new:
            was, now = (_container(item["spec"], component).get("resources", {}) for item in (old, new))
            for kind, resource in product(KINDS, RESOURCES):
                name, text = f"{component.name}.{kind}.{resource}", now.get(kind, {}).get(resource)
                if name not in wanted and text != was.get(kind, {}).get(resource):
                    yield f"{name} {was.get(kind, {}).get(resource)} → {text}"


def _component(item: Object) -> Component | None:
    """Whose Deployment it is."""
    if item["kind"] != "Deployment":
        return None
    return next((one for one in ALL if item["metadata"]["name"] == one.cluster.deployment), None)


def _container(spec: dict[str, Any], component: Component) -> dict[str, Any]:
    containers: list[dict[str, Any]] = spec["template"]["spec"]["containers"]
    return next((one for one in containers if one["name"] == component.name), containers[0])


def _overridden(item: Object, wanted: Mapping[str, str]) -> Object:
    component = _component(item)
    if item["kind"] == "Namespace":
        item = deepcopy(item)
        item["metadata"].setdefault("annotations", {})[SET] = json.dumps(wanted, sort_keys=True)
    elif component and any(name.startswith(f"{component.name}.") for name in wanted):
        item = deepcopy(item)
        _fill(item["spec"], component, wanted)
    else:
        return item
    return sealed(item)


def _fill(spec: dict[str, Any], component: Component, wanted: Mapping[str, str]) -> None:
    if replicas := wanted.get(f"{component.name}.replicas"):
        spec["replicas"] = int(replicas)
    resources = _container(spec, component).setdefault("resources", {})
    for resource in RESOURCES:
        given = {kind: wanted.get(f"{component.name}.{kind}.{resource}") for kind in KINDS}
        if any(given.values()):
            _set(resources, resource, given)


def _set(resources: dict[str, Any], resource: str, given: Mapping[str, str | None]) -> None:
    """The one that is not given moves with the other where it would contradict it."""
    limits, requests = (resources.setdefault(kind, {}) for kind in ("limits", "requests"))
    for kind, text in given.items():
        if text:
            resources[kind][resource] = text
    limit, request = (quantity(one.get(resource)) for one in (limits, requests))
    if limit is not None and request is not None and request > limit:
        if given["limits"]:
            requests[resource] = limits[resource]
        else:
            limits[resource] = requests[resource]
