"""Which pods a component's Deployment has made: by their owner, not by their labels, which any pod may have.

Subtle: a Deployment names each ReplicaSet after itself and the hash of the template, which its pods have as a label.
"""

from typing import Final

from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames

HASH: Final = "pod-template-hash"


def owner(item: Object) -> tuple[str, str] | None:
    """Kind and name of the controller that made it; None where somebody made it by hand."""
    references = item["metadata"].get("ownerReferences") or ()
    return next(((str(one["kind"]), str(one["name"])) for one in references if one.get("controller")), None)


def made_by(deployment: str, pod: Object) -> bool:
    template = pod["metadata"].get("labels", {}).get(HASH)
    return template is not None and owner(pod) == ("ReplicaSet", f"{deployment}-{template}")


def component_of_pod(pod: Object) -> str | None:
    return next((component for component, deployment in DEPLOYMENTS.items() if made_by(deployment, pod)), None)


def selector(component: str) -> str:
    return f"app.kubernetes.io/name={DEPLOYMENTS[component]}"


def pods_of(kube: Kube, names: LabNames, component: str) -> list[Object]:
    """Also those that are being deleted."""
    found = kube.items("Pod", names.namespace, selector(component))
    return [pod for pod in found if made_by(DEPLOYMENTS[component], pod)]
