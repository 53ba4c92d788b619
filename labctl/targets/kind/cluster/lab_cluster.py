"""The lab's cluster: which one it is, in which namespace the lab is, and whether both belong to the lab.

Looked up in the Docker engine, never stored: by the settings, else by the lab's own names, else by a node with the lab's mount.
"""

from functools import cached_property

from labctl.errors import LabError, Refused
from labctl.host import commands
from labctl.model import LabSpec
from labctl.targets.kind.cluster import kubeconfig
from labctl.targets.kind.cluster.names import NAMESPACE_MOUNT, NODE_SUFFIX, ClusterNames, default_names
from labctl.targets.kind.engine import client, containers
from labctl.targets.kind.engine.containers import NodeContainer
from labctl.targets.kubernetes.kube import Kube, path
from labctl.targets.kubernetes.workload import objects


class LabCluster:
    def __init__(self, spec: LabSpec) -> None:
        self._spec = spec
        self._no_engine: Refused | None = None
        self._just_seen: list[NodeContainer | None] = []         # result of the search for the cluster, used once

    @cached_property
    def names(self) -> ClusterNames:
        default = default_names(self._spec)
        node = containers.inspect(default.node, client.PROMPT_S)
        if not self._spec.cluster and not (node and owned(default, node)):
            node = next(iter(self._nodes_of(default)), None) or node
        cluster = node.name.removesuffix(NODE_SUFFIX) if node else default.cluster
        namespace = _namespace(node) if node and owned(default, node) else None
        self._just_seen = [node]
        return ClusterNames(default.lab, self._spec.namespace or namespace or default.namespace, cluster, default.state)

    def _nodes_of(self, names: ClusterNames) -> list[NodeContainer]:
        found = (containers.inspect(name) for name in containers.mounting(names.lab_mount) if name.endswith(NODE_SUFFIX))
        return [node for node in found if node]

    def node(self, timeout: float = client.ANSWER_S) -> NodeContainer | None:
        names = self.names
        return self._just_seen.pop() if self._just_seen else containers.inspect(names.node, timeout)

    @cached_property
    def kube(self) -> Kube:
        node = self.node()
        if node is None or not node.running:
            raise LabError(f"the cluster {self.names.cluster} is not running", hint="labctl up --target kind")
        return kubeconfig.connect(self.names, node)

    def exists(self) -> bool:
        """Whether anything of the lab exists. Raises Refused when it existed before and the engine does not answer."""
        node = self.find_node()
        return node is not None and (owned(self.names, node) or self._has_namespace(node))

    def find_node(self) -> NodeContainer | None:
        """The node, whoever created it; None also without an engine, unless the lab existed before."""
        if not self._no_engine:
            try:
                return None if client.certainly_empty(containers.CLUSTER_LABEL) else self.node(client.PROMPT_S)
            except Refused as error:
                self._no_engine = error         # wait only once for an engine that hangs
        if kubeconfig.file_of(default_names(self._spec)).exists():
            raise self._no_engine
        return None

    def _has_namespace(self, node: NodeContainer) -> bool:
        try:
            return node.running and self.kube.get(path("Namespace", name=self.names.namespace)) is not None
        except LabError:
            return False

    def require_engine(self) -> None:
        """Raises Refused when no engine answers; does not ask again when that is known."""
        commands.need("docker", client.INSTALL)         # kind calls it, and so does the build
        if self._no_engine:
            raise self._no_engine
        if "names" not in self.__dict__:                # else the engine has answered already
            client.version()

    def require_no_other(self, node: NodeContainer | None) -> None:
        """Raises Refused when this lab runs in another cluster or namespace than the settings say; `node` is its own."""
        mounting = containers.mounting(self.names.lab_mount)
        others = [name.removesuffix(NODE_SUFFIX) for name in mounting if name != self.names.node]
        namespace = _namespace(node) if node and owned(self.names, node) else ""
        if others or namespace not in {"", self.names.namespace}:
            where = f"the cluster {others[0]}" if others else f"the namespace {namespace}"
            raise Refused(
                f"the lab {self.names.lab} runs in {where}, not where the settings say",
                hint="labctl down", advice="give the second lab a name and ports of its own with --lab and --set",
            )

    def require_ownership(self, node: NodeContainer, *, adopt: bool) -> None:
        """Raises Refused, without a change, when the cluster does not belong to the lab; with `adopt` labels it instead."""
        if owned(self.names, node) or (node.running and objects.adopted(self.kube, self.names)):
            return
        if not adopt:
            raise Refused(
                f"the cluster {self.names.cluster} was not created for the lab {self.names.lab}: it is left unchanged",
                detail=f"its node {node.name} lacks the mount {self.names.lab_mount}",
                hint=f"labctl up --adopt\nkind delete cluster --name {self.names.cluster}",
            )
        objects.adopt(self.kube, self.names)


def owned(names: ClusterNames, node: NodeContainer) -> bool:
    return names.lab_mount in node.mounts


def _namespace(node: NodeContainer) -> str:
    return next((mount.removeprefix(NAMESPACE_MOUNT) for mount in node.mounts if mount.startswith(NAMESPACE_MOUNT)), "")
