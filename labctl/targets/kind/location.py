"""Where the lab is: which cluster, which namespace, whose they are. Looked up in the engine, never remembered.

A lab is looked for where the settings say, else where its own names would put it, else wherever a node bears its mark.
"""

from functools import cached_property

from labctl.errors import LabError, Refused
from labctl.model import LabSpec
from labctl.targets.kind import credentials, engine, objects
from labctl.targets.kind.engine import Node
from labctl.targets.kind.kube import Kube, path
from labctl.targets.kind.place import INSIDE, NODE, Place, place_of


class Location:
    def __init__(self, spec: LabSpec) -> None:
        self._spec = spec
        self._no_engine: Refused | None = None

    @cached_property
    def place(self) -> Place:
        usual = place_of(self._spec)
        node = engine.inspect(usual.node, engine.PROMPT_S)
        if not self._spec.cluster and not (node and owned(usual, node)):
            node = next(iter(self._marked(usual)), None) or node
        cluster = node.name.removesuffix(NODE) if node else usual.cluster
        inside = _namespace(node) if node and owned(usual, node) else None
        return Place(usual.lab, cluster, self._spec.namespace or inside or usual.namespace, usual.state)

    def _marked(self, place: Place) -> list[Node]:
        found = (engine.inspect(name) for name in engine.mounting(place.mark) if name.endswith(NODE))
        return [node for node in found if node]

    def node(self, timeout: float = engine.ANSWER_S) -> Node | None:
        return engine.inspect(self.place.node, timeout)

    @cached_property
    def kube(self) -> Kube:
        node = self.node()
        if node is None or not node.running:
            raise LabError(f"the cluster {self.place.cluster} is not running", hint="labctl up --target kind")
        return credentials.connect(self.place, node)

    def stands(self) -> bool:
        """Whether anything of the lab is there. Raises Refused where it was when last seen, and the engine cannot be asked."""
        node = self.look()
        return node is not None and (owned(self.place, node) or self._holds(node))

    def look(self) -> Node | None:
        """The node, whoever made it; None as well without an engine, unless the lab was there when it was last seen."""
        if not self._no_engine:
            try:
                return self.node(engine.PROMPT_S)
            except Refused as error:
                self._no_engine = error         # one that hangs is waited for once
        if credentials.kubeconfig(place_of(self._spec)).exists():
            raise self._no_engine
        return None

    def _holds(self, node: Node) -> bool:
        try:
            return node.running and self.kube.get(path("Namespace", name=self.place.namespace)) is not None
        except LabError:
            return False

    def require_engine(self) -> None:
        """Raises Refused where there is none that answers; without asking it once more when that is known."""
        if self._no_engine:
            raise self._no_engine
        engine.docker("version", "--format", "{{.Server.Version}}", timeout=engine.PROMPT_S)

    def require_alone(self) -> None:
        """Raises Refused when this lab stands in another cluster or another namespace than the settings say."""
        for node in self._marked(self.place):
            other = f"{node.name.removesuffix(NODE)}/{_namespace(node)}"
            if other != f"{self.place.cluster}/{self.place.namespace}":
                raise Refused(
                    f"the lab {self.place.lab} stands in {other} (cluster/namespace), not where it was asked for",
                    hint="labctl down, or give the second lab a name and ports of its own with --lab and --set",
                )

    def own(self, node: Node, *, adopt: bool) -> None:
        """Raises Refused when the cluster is somebody else's; changes nothing then, and marks it when it is to be adopted."""
        if owned(self.place, node) or (node.running and objects.adopted(self.kube, self.place)):
            return
        if not adopt:
            raise Refused(
                f"the cluster {self.place.cluster} was not made for the lab {self.place.lab}: it is not touched",
                detail=f"its node {node.name} lacks the mount {self.place.mark}",
                hint=f"labctl up --adopt, or, if nobody needs it: kind delete cluster --name {self.place.cluster}",
            )
        objects.adopt(self.kube, self.place)


def owned(place: Place, node: Node) -> bool:
    return place.mark in node.mounts


def _namespace(node: Node) -> str:
    return next((mount.removeprefix(INSIDE) for mount in node.mounts if mount.startswith(INSIDE)), "")
