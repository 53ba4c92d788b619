"""The images on their way into the node, beside everything else: two deliveries at work, the collector's and our own.

Into a node that is just being made they go as files that it sees; into one that stands goes what it lacks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.host.stopwatch import Stopwatch
from labctl.model import LabSpec
from labctl.targets.kind import cluster, credentials, delivery, delta, images
from labctl.targets.kind.background import Background
from labctl.targets.kind.delivery import Delivered
from labctl.targets.kind.images import Image
from labctl.targets.kind.place import Place

CONTAINERD_S = 120.0


@dataclass(frozen=True, slots=True)
class Supply:
    collector: Background[Delivered]
    own: Background[Delivered]


def into_new(spec: LabSpec, place: Place, wanted: Sequence[Image], foreign: str, watch: Stopwatch) -> Supply:
    """Written out while the node starts, imported while kubeadm works. The collector's (`foreign`) first: it is wanted first."""

    def bring_collector() -> Delivered:
        with watch.time("collector image: save"):
            archive = delivery.save([foreign], cluster.shared(place) / "collector.tar")
        with watch.time("containerd starts"):
            credentials.await_node(place, CONTAINERD_S)
            delivery.await_containerd(place.node, CONTAINERD_S)
        with watch.time("collector image: import"):
            return delivery.import_file(place.node, archive, f"{place.mark}/{archive.name}", [foreign])

    def bring_own() -> Delivered:
        with watch.time("own images: build"):
            images.build(spec, wanted)
        refs = [image.ref for image in wanted]
        with watch.time("own images: save"):
            archive = delivery.save(refs, cluster.shared(place) / "lab.tar")
        collector.result()              # one at a time: the disk is the same
        with watch.time("own images: import"):
            return delivery.import_file(place.node, archive, f"{place.mark}/{archive.name}", refs)

    collector = Background(bring_collector)
    return Supply(collector, Background(bring_own))


def into_standing(spec: LabSpec, place: Place, wanted: Sequence[Image], foreign: str, watch: Stopwatch) -> Supply:
    """What is there is looked at while the images are built."""

    def build() -> list[str]:
        with watch.time("own images: build"):
            return images.build(spec, wanted)

    built = Background(build)
    there = Background(lambda: delivery.held(place.node))
    before = Background(lambda: {i.component: delta.read(place.node, i) for i in wanted if i.ref not in there.result()})

    def bring_collector() -> Delivered:
        return delivery.send(place.node, [] if foreign in there.result() else [foreign])

    def bring_own() -> Delivered:
        built.result()
        missing = [image for image in wanted if image.ref not in there.result()]
        with watch.time("own images: deliver"):
            sizes = {image.ref: delta.send(place.node, image, before.result()[image.component]) for image in missing}
            whole = delivery.send(place.node, [ref for ref, size in sizes.items() if size is None])
        return Delivered(tuple(sizes), whole.bytes + sum(size or 0 for size in sizes.values()))

    return Supply(Background(bring_collector), Background(bring_own))
