"""The node has no image of that name, and cannot get it."""

from collections.abc import Iterator
from typing import Final

from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, UP, Field, Found, cause, manifest_of, seen
from labctl.targets.kubernetes.snapshot import Observed, Workload, all_statuses, container

LOOKS_AT: Final = "the images of the pods"
REASONS: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"})


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        for status in all_statuses(workload.new_pod or {}):
            waiting = status.get("state", {}).get("waiting", {})
            if workload.new_pod and waiting.get("reason") in REASONS:
                yield _missing(snapshot, workload, workload.new_pod, status["image"], waiting)


def _missing(snapshot: Observed, workload: Workload, pod: Object, image: str, waiting: Object) -> Found:
    desired = snapshot.wants("Deployment", workload.name)
    own = desired is not None and container(desired["spec"]["template"])["image"] == image and not image.startswith("ai-lab")
    remedy = f"correct image in {manifest_of(workload.component)}, or: docker pull {image} && labctl up" if own else UP
    policy = container(pod).get("imagePullPolicy", "")
    message = f"{workload.component}: the node has no image {image} ({waiting['reason']})"
    evidence = seen(pod, f"{waiting['reason']}, imagePullPolicy {policy}: {waiting.get('message', '')}", "pod")
    finding = cause("image-missing", workload.component, message, [evidence], remedy)
    return Found(finding, (Field("Deployment", workload.name, TEMPLATE),))
