"""The lab in a kind cluster: the target's verbs over Docker, kind and the Kubernetes API.

While the control plane starts, the images are built and handed to the node's containerd, which answers seconds earlier; `publish`
waits for what `provision` has begun. Nothing is remembered: the node's own mark says whose it is, and live objects are compared
with the manifests.
"""

import time
from collections.abc import Iterator
from functools import cached_property

from labctl.errors import LabError, Refused
from labctl.host import ports, tools
from labctl.model import Endpoints, Health, LabSpec, LogLine, LogQuery, Notes
from labctl.targets.kind import cluster, engine, health, images, logs, manifests, objects, published, rollout, supply
from labctl.targets.kind.engine import Node
from labctl.targets.kind.images import Image
from labctl.targets.kind.kube import Kube, Object
from labctl.targets.kind.place import DEPLOYMENTS, NODE_PORTS, Place, place_of
from labctl.targets.kind.supply import Supply

API_S = 120.0


class KindTarget:
    name = "kind"

    def __init__(self, spec: LabSpec, place: Place | None = None, *, adopt: bool = False, keep_cluster: bool = False) -> None:
        """`adopt` lets `up` take a cluster that labctl did not make; `keep_cluster` lets `down` leave the cluster."""
        self.spec = spec
        self.place = place or place_of(spec)
        self._adopt, self._keep_cluster = adopt, keep_cluster
        self._no_engine: Refused | None = None
        self._creation: tools.Job | None = None
        self._supply: Supply | None = None
        self._changed: list[str] = []   # names of the objects that this run has applied

    def exists(self) -> bool:
        """False as well where no engine answers; `check` then says why, without asking it once more."""
        if self._no_engine:
            return False
        if self._creation:
            return True                 # its container may come any moment
        try:
            node = cluster.find(self.place, engine.PROMPT_S)
            return node is not None and (cluster.owned(self.place, node) or self._stands_in(node))
        except Refused as error:
            self._no_engine = error
            return False
        except LabError:
            return False

    def _stands_in(self, node: Node) -> bool:
        return node.running and cluster.connect(self.place, node).get(f"api/v1/namespaces/{self.place.namespace}") is not None

    def check(self) -> Notes:
        if self._no_engine:
            raise self._no_engine
        engine.docker("version", "--format", "{{.Server.Version}}", timeout=engine.PROMPT_S)
        tools.need("kind", cluster.INSTALL)
        node = cluster.find(self.place)
        if node:
            self._own(node)
            yield f"the cluster {self.place.cluster} is there"
            return
        for endpoint in NODE_PORTS:
            port = getattr(self.spec.ports, endpoint)
            if ports.taken(port):
                raise _port_taken(endpoint, port)
        yield "Docker and kind are there, ports free"

    def _own(self, node: Node) -> None:
        """Raises Refused when the cluster is somebody else's. Sends nothing that changes anything, unless it is to be adopted."""
        if cluster.owned(self.place, node) or (node.running and objects.adopted(self._kube, self.place)):
            return
        if not self._adopt:
            raise Refused(
                f"the cluster {self.place.cluster} was not made for the lab {self.place.lab}: it is not touched",
                detail=f"its node {node.name} lacks the mount {self.place.mark}",
                hint=f"labctl up --adopt, or, if nobody needs it: kind delete cluster --name {self.place.cluster}",
            )
        objects.adopt(self._kube, self.place)

    def provision(self) -> Notes:
        node = cluster.find(self.place)
        if node is None:
            yield "making the cluster"
            self._creation = cluster.create(self.spec, self.place)
            self._supply = supply.into_new(self.spec, self.place, self._images, self._foreign)
            self._kube = cluster.await_api(self.place, self._creation, API_S)
        else:
            self._own(node)
            if not node.running:
                yield "starting the node"
                cluster.start(node)
            self._supply = supply.into_standing(self.spec, self.place, self._images, self._foreign)
            self._kube = cluster.await_api(self.place, None, API_S)
        yield f"the cluster {self.place.cluster} answers"

    def publish(self) -> Notes:
        """Ends when the node has the images; meanwhile everything that needs none is applied."""
        yield "comparing images"
        on_its_way = self._supply or supply.into_standing(self.spec, self.place, self._images, self._foreign)
        self._apply([item for item in self._wanted if item["kind"] != "Deployment"])
        collector = on_its_way.collector.result()
        self._apply([item for item in self._wanted if item["metadata"]["name"] == DEPLOYMENTS["collector"]])
        own = on_its_way.own.result()
        refs, size = (*collector.refs, *own.refs), collector.bytes + own.bytes
        yield f"{', '.join(refs)}: {size / 1e6:.2f} MB into the node" if refs else "the node has the images"

    def deploy(self) -> Notes:
        self._apply(self._wanted)
        pruned = objects.prune(self._kube, self.place, self._wanted)
        said = [f"started {', '.join(self._changed)}"] * bool(self._changed) + [f"removed {', '.join(pruned)}"] * bool(pruned)
        yield "; ".join(said) or "nothing has changed"

    @cached_property
    def _images(self) -> tuple[Image, Image]:
        return images.images(self.spec)

    @cached_property
    def _wanted(self) -> list[Object]:
        return manifests.wanted(self.spec, self.place, {image.component: image.ref for image in self._images})

    @property
    def _foreign(self) -> str:
        """The collector's image, which is not of our making."""
        return manifests.image(self._wanted, DEPLOYMENTS["collector"])

    @cached_property
    def _kube(self) -> Kube:
        node = cluster.find(self.place)
        if node is None or not node.running:
            raise LabError(f"the cluster {self.place.cluster} is not running", hint="labctl up --target kind")
        return cluster.connect(self.place, node)

    def _apply(self, wanted: list[Object]) -> None:
        self._changed += objects.apply(self._kube, self.place, wanted)

    def ready(self, patience_s: float) -> Notes:
        deadline = time.monotonic() + patience_s
        yield from rollout.wait(self._kube, self.place, patience_s)
        yield "waiting for the ports of this machine"
        published.wait(self.endpoints(), deadline)
        if self._creation:
            yield "waiting for kind to end"
            self._creation.wait(patience_s)
            self._creation.close()
            self._creation = None
        cluster.complete(self.place, self._kube)
        yield "all components answer"

    def health(self) -> list[Health]:
        return health.of(self._kube, self.place, self.endpoints())

    def endpoints(self) -> Endpoints:
        node = cluster.find(self.place)
        outer = {name: (node.ports.get(inner, 0) if node else 0) for name, inner in NODE_PORTS.items()}
        at = {name: f"http://{ports.LOOPBACK}:{port}" for name, port in outer.items()}
        asked = self.spec.ports
        return Endpoints(
            service=at["service"], viewer=at["viewer"], otlp_grpc=at["otlp_grpc"], otlp_http=at["otlp_http"],
            collector_metrics=f"http://{ports.LOOPBACK}:{asked.collector_metrics}",
            collector_health=f"http://{ports.LOOPBACK}:{asked.collector_health}",
        )

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        return logs.read(self._kube, self.place, query)

    def destroy(self) -> Notes:
        if self._creation:
            cluster.abandon(self.place, self._creation)
            self._creation = None
        node = cluster.find(self.place)
        if node is None:
            cluster.forget(self.place)
            yield "nothing was up"
            return
        self._own(node)
        if self._keep_cluster or not cluster.owned(self.place, node):
            yield f"deleting the namespace {self.place.namespace}"
            objects.delete_all(self._kube, self.place)
            yield f"the namespace {self.place.namespace} is gone; the cluster {self.place.cluster} stays"
            return
        yield f"deleting the cluster {self.place.cluster}"
        cluster.delete(self.place, node)
        if cluster.find(self.place):
            raise LabError(f"the node {node.name} is still there", hint=f"docker rm -f -v {node.name}")
        yield f"the cluster {self.place.cluster} is gone, with its container and volume"


def _port_taken(endpoint: str, port: int) -> Refused:
    holder = ports.holder(port)
    other = f"LABCTL_{endpoint.upper()}_PORT={port % 10000 + 20000}"
    return Refused(f"port {port} ({endpoint}) is taken by {holder}", hint=f"end that program, or: labctl up --set {other}")
