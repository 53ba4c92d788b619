"""The lab in a kind cluster: the target's verbs over Docker, kind and the Kubernetes API.

While the control plane starts, the images are built and handed to the node's containerd, which answers seconds earlier; `publish`
waits for what `provision` has begun. Nothing is remembered: the node's own mark says whose it is, and live objects are compared
with the manifests.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

from labctl.errors import LabError
from labctl.host import commands, ports
from labctl.host.stopwatch import Stopwatch
from labctl.model import Endpoints, Forwarding, Health, LabSpec, LogLine, LogQuery, Notes, Route, Usage, Work
from labctl.numbers import plural
from labctl.targets.kind import (
    cluster,
    credentials,
    engine,
    health,
    images,
    litter,
    logs,
    manifests,
    merging,
    objects,
    published,
    rollout,
    supply,
    top,
)
from labctl.targets.kind.background import Background
from labctl.targets.kind.engine import Node
from labctl.targets.kind.images import Image
from labctl.targets.kind.kube import Object, import_early
from labctl.targets.kind.location import Location, owned
from labctl.targets.kind.place import DEPLOYMENTS, NODE_PORTS, Place, place_of
from labctl.targets.kind.reach import Reach
from labctl.targets.kind.supply import Supply

API_S = 120.0
STANDING_S = 60.0                       # for an API server whose node has just been started again


class KindTarget:
    name = "kind"

    def __init__(self, spec: LabSpec, *, adopt: bool = False, keep_cluster: bool = False) -> None:
        """`adopt` lets `up` take a cluster that labctl did not make; `keep_cluster` lets `down` leave the cluster."""
        self.spec = spec
        self._adopt, self._keep_cluster = adopt, keep_cluster
        self._location = Location(spec)
        self._reach = Reach(self._location)
        self._watch = Stopwatch()
        self._creation: commands.Job | None = None
        self._supply: Supply | None = None
        self._sweep: Background[None] | None = None
        self._changed: list[Object] = []        # what this run has applied
        self._began: dict[str, int] = {}        # when it applied a Deployment, Unix nanoseconds

    def exists(self) -> bool:
        # while it is being made, its container may come any moment
        return self._creation is not None or self._location.stands()

    def lacks(self) -> str:
        try:
            self._location.require_engine()
            commands.need("kind", cluster.INSTALL)
        except LabError as error:
            return error.message
        image = cluster.node_image(self.spec)
        return "" if image in engine.images(image) else f"the Docker engine does not hold {image}"

    def check(self) -> Notes:
        self._location.require_engine()
        commands.need("kind", cluster.INSTALL)
        import_early()
        node = self._location.node()
        self._location.require_alone(node)
        if node:
            self._location.own(node, adopt=self._adopt)
            yield f"the cluster {self._place.cluster} is there"
            return
        for endpoint in NODE_PORTS:
            ports.require_free(getattr(self.spec.ports, endpoint), endpoint)
        yield "Docker and kind are there, ports free"

    def provision(self) -> Notes:
        broken_off = cluster.end_orphans(self._place)
        node = self._location.node()
        if node and (broken_off or cluster.unfinished(self._place, node)):
            yield "making the cluster anew: its making was broken off"
            cluster.delete(self._place, node)
            node = None
        if node:
            yield from self._enter(node)
        else:
            yield from self._make()
        yield f"the cluster {self._place.cluster} answers"

    def _make(self) -> Notes:
        yield "making the cluster"
        self._creation = cluster.create(self.spec, self._place)
        self._supply = supply.into_new(self.spec, self._place, self._images, self._foreign, self._watch)
        with self._watch.time("node and API server start"):
            self._location.kube = credentials.await_api(self._place, self._creation, API_S)

    def _enter(self, node: Node) -> Notes:
        self._location.own(node, adopt=self._adopt)
        if not node.running:
            yield "starting the node"
            cluster.start(node)
        self._supply = supply.into_standing(self.spec, self._place, self._images, self._foreign, self._watch)
        self._location.kube = credentials.await_api(self._place, None, STANDING_S)

    def publish(self) -> Notes:
        """Ends when the node has the images; meanwhile everything that needs none is applied."""
        yield "comparing images"
        on_its_way = self._supply
        assert on_its_way
        self._apply([item for item in self._wanted if item["kind"] != "Deployment"])
        collector = on_its_way.collector.result()
        self._apply([item for item in self._wanted if item["metadata"]["name"] == DEPLOYMENTS["collector"]])
        own = on_its_way.own.result()
        refs, size = (*collector.refs, *own.refs), collector.bytes + own.bytes
        yield f"{', '.join(refs)}: {size / 1e6:.2f} MB into the node" if refs else "the node has the images"

    def deploy(self) -> Notes:
        self._apply(self._wanted)
        pruned = objects.prune(self._location.kube, self._place, self._wanted)
        yield "; ".join(_said("applied", self._changed) + _said("removed", pruned)) or "nothing has changed"

    @property
    def _place(self) -> Place:
        return self._location.place

    @cached_property
    def _images(self) -> tuple[Image, Image]:
        return images.images(self.spec)

    @cached_property
    def _wanted(self) -> list[Object]:
        return manifests.wanted(self.spec, self._place, {image.component: image.ref for image in self._images})

    @property
    def _foreign(self) -> str:
        """The collector's image, which is not of our making."""
        return manifests.image(self._wanted, DEPLOYMENTS["collector"])

    def _apply(self, wanted: list[Object]) -> None:
        applied = objects.apply(self._location.kube, self._place, wanted)
        self._began |= {item["metadata"]["name"]: time.time_ns() for item in applied if item["kind"] == "Deployment"}
        self._changed += applied

    def ready(self, patience_s: float) -> Notes:
        deadline = time.monotonic() + patience_s
        yield from self._rollout(patience_s)
        yield "waiting for the ports of this machine"
        with self._watch.time("ports answer"):
            published.wait(self.endpoints(), deadline, replaced=DEPLOYMENTS["service"] in self._began)
        if self._creation:
            yield "waiting for kind to end"
            with self._watch.time("kind ends"):
                self._creation.wait(patience_s)
            self._creation.close()
            self._creation = None
        with self._watch.time("DNS is added"):
            cluster.complete(self._place, self._location.kube)
        if self._supply and self._supply.own.result().refs:
            self._sweep = Background(lambda: litter.sweep(self._location.kube, self._place, self._images))
        yield "all components answer"

    def _rollout(self, patience_s: float) -> Notes:
        awaited: list[str] = []
        for waiting in chain(rollout.wait(self._location.kube, self._place, patience_s), [[]]):
            for name in set(awaited) - set(waiting):
                self._watch.add(f"{name} starts", self._began.get(name, time.time_ns()))
            awaited = waiting
            if waiting:
                yield f"waiting for {', '.join(waiting)}"

    def work(self) -> Sequence[Work]:
        """Waits for what still goes on in the background, and does not mind how that ended."""
        if self._sweep:
            with self._watch.time("old images go"), contextlib.suppress(LabError):
                self._sweep.result()
        return self._watch.work

    def health(self) -> list[Health]:
        return health.of(self._location.kube, self._place, self.endpoints().as_json())

    def endpoints(self) -> Endpoints:
        return self._reach.endpoints()

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        return logs.read(self._location.kube, self._place, query)

    def usage(self) -> Iterator[list[Usage]]:
        return top.looks(self._location.kube, self._place)

    def published(self, route: Route) -> bool:
        return self._reach.published(route)

    def forward(self, route: Route) -> Forwarding:
        return self._reach.forward(route)

    def kubeconfig(self, *, merge: bool) -> Path:
        _ = self._location.kube          # writes the file where it is missing
        return merging.merge(self._place) if merge else credentials.kubeconfig(self._place)

    def destroy(self) -> Notes:
        if self._creation:
            cluster.abandon(self._place, self._creation)
            self._creation = None
        node = self._location.look()
        if node is None:
            cluster.forget(place_of(self.spec))
            yield "nothing was up"
            return
        self._location.own(node, adopt=self._adopt)
        if self._keep_cluster or not owned(self._place, node):
            yield f"deleting the namespace {self._place.namespace}"
            objects.delete_all(self._location.kube, self._place)
            yield f"the namespace {self._place.namespace} is gone; the cluster {self._place.cluster} stays"
            return
        yield f"deleting the cluster {self._place.cluster}"
        cluster.delete(self._place, node)
        if self._location.node():
            raise LabError(f"the node {node.name} is still there", hint=f"docker rm -f -v {node.name}")
        yield f"the cluster {self._place.cluster} is gone, with its container and volume"


def _said(done: str, objects_: Sequence[Object]) -> list[str]:
    """`applied 3 objects, among them the Deployments a, b`."""
    if not objects_:
        return []
    names = [item["metadata"]["name"] for item in objects_ if item["kind"] == "Deployment"]
    more = f", among them the {'Deployment' if len(names) == 1 else 'Deployments'} {', '.join(names)}" if names else ""
    return [f"{done} {plural(len(objects_), 'object')}{more}"]
