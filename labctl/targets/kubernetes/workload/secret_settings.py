"""Settings of the service that may be secret: in a Secret, of which its container takes them, and never in its Deployment.

Subtle: a pod does not notice that a Secret has changed, so its template carries a hash of the content.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from labctl.components import SERVICE
from labctl.redaction import may_be_secret
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import LAB, LabNames, digest

NAME: Final = f"{SERVICE.cluster.deployment}-settings"
HASH: Final = "labctl.dev/settings"     # an annotation of pods


def secret_ones(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in settings.items() if may_be_secret(name, text)}


def entry(name: str, text: str) -> dict[str, Any]:
    """The variable of a container."""
    source = {"secretKeyRef": {"name": NAME, "key": name}}
    return {"name": name, "valueFrom": source} if may_be_secret(name, text) else {"name": name, "value": text}


def annotations(settings: Mapping[str, str]) -> dict[str, str]:
    """Of the pods' template."""
    found = secret_ones(settings)
    return {HASH: digest(json.dumps(found, sort_keys=True).encode())} if found else {}


def objects(settings: Mapping[str, str], names: LabNames) -> list[Object]:
    """The Secret, where there is anything for it."""
    data = {name: base64.b64encode(text.encode()).decode() for name, text in secret_ones(settings).items()}
    labels = {LAB: names.lab, "app.kubernetes.io/name": SERVICE.cluster.deployment}
    metadata = {"name": NAME, "namespace": names.namespace, "labels": labels, "annotations": {}}
    return [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}] if data else []


def values(secrets: Iterable[Object]) -> dict[str, str]:
    """The settings that the live Secret holds."""
    data = next((item.get("data") or {} for item in secrets if item["metadata"]["name"] == NAME), {})
    return {name: base64.b64decode(text).decode(errors="replace") for name, text in data.items()}
