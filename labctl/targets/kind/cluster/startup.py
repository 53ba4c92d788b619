"""Waiting for a starting cluster: for its node's container, then for its API server to authorize requests."""

from labctl.errors import LabError, NotReady
from labctl.host import commands
from labctl.host.waiting import until
from labctl.targets.kind.cluster.kubeconfig import connect
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.engine.containers import NodeContainer, inspect
from labctl.targets.kubernetes.kube import Kube


def await_node(names: ClusterNames, patience_s: float, job: commands.Job | None = None) -> NodeContainer:
    """The container, once it runs. Raises the cause when the cluster's creation fails meanwhile."""
    def look() -> NodeContainer | None:
        if job:
            job.check()
        node = inspect(names.node)
        return node if node and node.running else None

    node = until(look, patience_s, every=0.2)
    if node is None:
        raise NotReady(f"the node {names.node} does not run", hint=f"docker logs {names.node}")
    return node


def await_api(names: ClusterNames, job: commands.Job | None, patience_s: float) -> Kube:
    """A client of the API server, once it authorizes requests. Raises the cause when the cluster's creation fails meanwhile."""
    kube = connect(names, await_node(names, patience_s, job), job)

    def refusal() -> LabError | None:
        if job:
            job.check()
        try:
            kube.text("api/v1/namespaces/kube-system")
        except LabError as error:
            return error
        return None

    last = until(refusal, patience_s, every=0.1, done=lambda error: error is None)
    if last:
        raise NotReady("the cluster's API server does not answer", detail=last.detail or last.message,
                       hint=f"docker logs {names.node}")
    return kube
