"""Removes images of earlier edits from the engine and from the node.

Kept are the newest few, the tutorial's `:v1`, and in the node every image that a ReplicaSet could be rolled back to. Shared
layers stay with the other images; the engine itself refuses to remove an image that a container uses.
"""

import re
from collections.abc import Iterable, Sequence

from labctl.components import COMPONENTS
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.engine import containers
from labctl.targets.kind.engine import images as image_store
from labctl.targets.kind.images import delivery
from labctl.targets.kind.images.build import Image, files_repository
from labctl.targets.kubernetes.kube import Kube, path

TITLES = ("AI inference service", "Telemetry viewer")      # of the images, in the Dockerfile's labels
KEPT = 3                                # of each repository in the engine
BY_CONTENT = re.compile(r"[0-9a-f]{16}")


def prune(kube: Kube, names: ClusterNames, images: Sequence[Image]) -> None:
    """Raises LabError where the engine or the API server does not answer."""
    in_use = {image.ref for image in images}
    old = surplus(image_store.tags(), _repositories())
    image_store.remove(*old)
    replicas = (kube.get(path("ReplicaSet", names.namespace)) or {"items": []})["items"]
    wanted = in_use | {one["image"] for item in replicas for one in item["spec"]["template"]["spec"]["containers"]}
    ours = {image.repository for image in images}
    in_node = (ref for ref in delivery.node_images(names.node) if _repository(ref) in ours and _by_content(ref))
    left = sorted(ref for ref in in_node if ref not in wanted)
    if left:
        containers.execute(names.node, *delivery.CTR, "images", "rm", *(f"docker.io/library/{ref}" for ref in left))


def prune_engine() -> int:
    """Remove images of earlier edits, and those of ours that have lost their tag, from the engine. Returns how many have gone."""
    old = _of_no_use()
    image_store.remove(*old)
    return len(old) - len(_of_no_use())


def _of_no_use() -> list[str]:
    return [*surplus(image_store.tags(), _repositories()), *image_store.untagged(*TITLES)]


def remove_all() -> int:
    """Remove every content-tagged image from the engine: its cache rebuilds them in a second. Returns the number of tags."""
    ours = _repositories()
    left = [ref for ref in image_store.tags() if _repository(ref) in ours and _by_content(ref)]
    image_store.remove(*left)
    return len(left)


def _repositories() -> set[str]:
    built = [component.cluster.repository for component in COMPONENTS if component.cluster.repository]
    return {name for repository in built for name in (repository, files_repository(repository))}


def surplus(tags: Iterable[str], repositories: set[str]) -> list[str]:
    """The content tags in `tags` (newest first), without the newest few of each repository."""
    seen = dict.fromkeys(repositories, 0)
    old = []
    for ref in tags:
        repository = _repository(ref)
        if repository in seen and _by_content(ref):
            seen[repository] += 1
            old += [ref] * (seen[repository] > KEPT)
    return old


def _repository(ref: str) -> str:
    return ref.rpartition(":")[0]


def _by_content(ref: str) -> bool:
    return bool(BY_CONTENT.fullmatch(ref.rpartition(":")[2]))
