"""Waiting for a cluster that starts: for its node's container, then for an API server that lets us in."""

import time

from labctl.errors import LabError, NotReady
from labctl.host import commands
from labctl.targets.kind.cluster.kubeconfig import connect
from labctl.targets.kind.cluster.names import ClusterNames
from labctl.targets.kind.engine.containers import Node, inspect
from labctl.targets.kubernetes.kube import Kube


def await_node(names: ClusterNames, patience_s: float, job: commands.Job | None = None) -> Node:
    """The container, once it runs. Raises the cause when the cluster's creation fails meanwhile."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if job:
            job.check()
        node = inspect(names.node)
        if node and node.running:
            return node
        time.sleep(0.2)
    raise NotReady(f"the node {names.node} does not run", hint=f"docker logs {names.node}")


def await_api(names: ClusterNames, job: commands.Job | None, patience_s: float) -> Kube:
    """A client of an API server that lets us in. Raises the cause when the cluster's creation fails meanwhile."""
    deadline, last = time.monotonic() + patience_s, ""
    kube = connect(names, await_node(names, patience_s, job), job)
    while time.monotonic() < deadline:
        if job:
            job.check()
        try:
            kube.text("api/v1/namespaces/kube-system")
        except LabError as error:
            last = error.detail or error.message
            time.sleep(0.1)
        else:
            return kube
    raise NotReady("the cluster's API server does not answer", detail=last, hint=f"docker logs {names.node}")
