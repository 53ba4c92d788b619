"""The images of a cluster that is just being made: built and written out while the node starts, imported while kubeadm works."""

from collections.abc import Sequence

from labctl.model import LabSpec
from labctl.targets.kind import cluster, delivery, images
from labctl.targets.kind.background import Background
from labctl.targets.kind.delivery import Delivered
from labctl.targets.kind.images import COLLECTOR, Image
from labctl.targets.kind.place import Place

CONTAINERD_S = 120.0


class Supply:
    """Two deliveries at work; the collector's comes first."""

    def __init__(self, spec: LabSpec, place: Place, wanted: Sequence[Image]) -> None:
        self._spec, self._place, self._wanted = spec, place, wanted
        self.collector = Background(self._collector)
        self.own = Background(self._own)

    def _collector(self) -> Delivered:
        archive = delivery.save([COLLECTOR], cluster.shared(self._place) / "collector.tar")
        cluster.await_node(self._place, CONTAINERD_S)
        delivery.await_containerd(self._place.node, CONTAINERD_S)
        return delivery.import_file(self._place.node, archive, f"{self._place.mark}/{archive.name}", [COLLECTOR])

    def _own(self) -> Delivered:
        images.build(self._spec, self._wanted)
        refs = [image.ref for image in self._wanted]
        archive = delivery.save(refs, cluster.shared(self._place) / "lab.tar")
        self.collector.result()         # one at a time: the disk is the same, and the collector's is wanted first
        return delivery.import_file(self._place.node, archive, f"{self._place.mark}/{archive.name}", refs)
