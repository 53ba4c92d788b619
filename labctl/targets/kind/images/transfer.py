"""Builds the images and delivers them to the node in the background: one thread for pulled images, one for the lab's own.

A new node gets them as files in a mounted folder; a running node gets only the missing ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.host.background_task import BackgroundTask
from labctl.host.stopwatch import Stopwatch
from labctl.model import LabSpec
from labctl.targets.kind.cluster import startup
from labctl.targets.kind.cluster.kind_file import shared_folder
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.images import build, delivery, layer_delta
from labctl.targets.kind.images.build import Image
from labctl.targets.kind.images.delivery import Delivered

CONTAINERD_S = 120.0


@dataclass(frozen=True, slots=True)
class Transfer:
    pulled: BackgroundTask[Delivered]
    own: BackgroundTask[Delivered]


def to_new_node(
    spec: LabSpec, names: ClusterNames, images: Sequence[Image], pulled: Sequence[str], stopwatch: Stopwatch,
) -> Transfer:
    """Saved while the node starts, imported while kubeadm runs. Pulled images first: they need no build."""

    def bring_pulled() -> Delivered:
        with stopwatch.time("pulled images: save"):
            archive = delivery.save(pulled, shared_folder(names) / "pulled.tar")
        with stopwatch.time("containerd starts"):
            startup.await_node(names, CONTAINERD_S)
            delivery.await_containerd(names.node, CONTAINERD_S)
        with stopwatch.time("pulled images: import"):
            return delivery.import_file(names.node, archive, f"{names.lab_mount}/{archive.name}", pulled)

    def bring_own() -> Delivered:
        with stopwatch.time("own images: build"):
            build.build(spec, images)
        refs = [image.ref for image in images]
        with stopwatch.time("own images: save"):
            archive = delivery.save(refs, shared_folder(names) / "lab.tar")
        bringing.result()               # one at a time: both use the same disk
        with stopwatch.time("own images: import"):
            return delivery.import_file(names.node, archive, f"{names.lab_mount}/{archive.name}", refs)

    bringing = BackgroundTask(bring_pulled)
    return Transfer(bringing, BackgroundTask(bring_own))


def to_running_node(
    spec: LabSpec, names: ClusterNames, images: Sequence[Image], pulled: Sequence[str], stopwatch: Stopwatch,
) -> Transfer:
    """The node's images are listed while the new ones are built."""

    def build_missing() -> list[str]:
        with stopwatch.time("own images: build"):
            return build.build(spec, images)

    built = BackgroundTask(build_missing)
    held = BackgroundTask(lambda: delivery.node_images(names.node))
    old = BackgroundTask(lambda: {i.component: layer_delta.read(names.node, i) for i in images if i.ref not in held.result()})

    def bring_pulled() -> Delivered:
        return delivery.send(names.node, [ref for ref in pulled if ref not in held.result()])

    def bring_own() -> Delivered:
        built.result()
        missing = [image for image in images if image.ref not in held.result()]
        with stopwatch.time("own images: deliver"):
            sizes = {image.ref: layer_delta.send(names.node, image, old.result()[image.component]) for image in missing}
            whole = delivery.send(names.node, [ref for ref, size in sizes.items() if size is None])
        return Delivered(tuple(sizes), whole.bytes + sum(size or 0 for size in sizes.values()))

    return Transfer(BackgroundTask(bring_pulled), BackgroundTask(bring_own))
