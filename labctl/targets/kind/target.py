"""The lab in a kind cluster: the target's methods, with Docker, kind and the Kubernetes API.

While the control plane starts, the images are built and delivered to the node's containerd, which answers seconds earlier;
`publish` waits for what `provision` has begun. No state is stored: a mount of the node marks it as the lab's, and live objects
are compared with the manifests.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from labctl.changes import LabChange, NodeCordoned, of_kind
from labctl.components import BY_NAME, WITH, Component, of
from labctl.credentials.certificates import LABCTL
from labctl.description import Description
from labctl.errors import LabError
from labctl.host import commands, http
from labctl.host.background_task import BackgroundTask
from labctl.host.stopwatch import Stopwatch
from labctl.host.waiting import Deadline
from labctl.model import (
    Command,
    CommandOutput,
    Endpoints,
    Forwarding,
    Health,
    HeldFiles,
    LabSpec,
    LogLine,
    LogQuery,
    Notes,
    Observation,
    Peer,
    PolicyState,
    Repair,
    Requirement,
    Route,
    TextChange,
    Unchanged,
    Usage,
    Work,
)
from labctl.numbers import plural
from labctl.overrides import merged
from labctl.switches import addons, chosen
from labctl.switches.stores import volumes
from labctl.switches.switch import OFF
from labctl.targets import export_loop, fetched, secured
from labctl.targets.kind import export_addresses, node_rules, pod_addresses
from labctl.targets.kind.cluster import cgroups, kind_file, kubeconfig, lifecycle, node_state, startup, user_kubeconfig
from labctl.targets.kind.cluster.lab_cluster import LabCluster, owned
from labctl.targets.kind.cluster.names import NODE_PORTS, ClusterNames, default_names
from labctl.targets.kind.endpoints import LabEndpoints
from labctl.targets.kind.engine import images as image_store
from labctl.targets.kind.engine.containers import NodeContainer
from labctl.targets.kind.images import addon_images, build, pruning, transfer
from labctl.targets.kind.images.build import Image
from labctl.targets.kind.images.transfer import Transfer
from labctl.targets.kind.port_holder import require_free
from labctl.targets.kubernetes import execute, health, kube, logs, observation, recorded
from labctl.targets.kubernetes.describe import describe
from labctl.targets.kubernetes.gather import WITHIN_S, Source
from labctl.targets.kubernetes.kube import Kube, Object, path, path_of
from labctl.targets.kubernetes.names import CHANGED, DEPLOYMENTS, LAB
from labctl.targets.kubernetes.network.await_answers import await_answers
from labctl.targets.kubernetes.usage import Sampler
from labctl.targets.kubernetes.workload import changes, claims, cordon, manifests, objects, overridden, rollout, secrets, switched
from labctl.targets.kubernetes.workload.volumes import CLAIM

API_S = 120.0
OBSERVED_S = 2.0                        # for each answer of an API server that is observed
PROVISIONER_S = 30.0                    # for a provisioner of volumes that begins with its cluster
VOLUMES_GONE_S = 60.0
RESTARTED_S = 60.0                       # for the API server of a node that was just restarted


class KindTarget:
    name = "kind"

    def __init__(self, spec: LabSpec, *, adopt: bool = False, keep_cluster: bool = False) -> None:
        """`adopt` lets `up` use a cluster that labctl did not create; `keep_cluster` lets `down` keep the cluster."""
        self.spec = spec
        self._adopt, self._keep_cluster = adopt, keep_cluster
        self._cluster = LabCluster(spec)
        self._endpoints = LabEndpoints(self._cluster, self._url, lambda: of(self._switches_of_urls))
        self._stopwatch = Stopwatch()
        self._creation: commands.Job | None = None
        self._transfer: Transfer | None = None
        self._pruning: BackgroundTask[None] | None = None
        self._switches: Mapping[str, str] | None = None      # that are on, as this run has deployed them
        self._of_manifests: dict[tuple[tuple[str, str], ...], list[Object]] = {}    # by the switches that are on
        self._volumes = ""                      # the value of --volumes, as this run has found it
        self._applied: list[Object] = []        # what this run has applied
        self._rolled_out: set[str] = set()      # Deployments that were waited for
        self._switches_before: Mapping[str, str] = {}
        self._reread: frozenset[str] = frozenset()      # components that have to start again to read new credentials
        self._applied_at: dict[str, int] = {}        # when it applied a Deployment, Unix nanoseconds

    def exists(self) -> bool:
        # while kind creates the cluster, its container may appear at any moment
        return self._creation is not None or self._cluster.exists()

    def lacks(self) -> str:
        try:
            self._cluster.require_engine()
            commands.need("kind", lifecycle.INSTALL)
        except LabError as error:
            return error.message
        image = kind_file.node_image(self.spec)
        return "" if image in image_store.held(image) else f"the Docker engine does not have {image}"

    def requirements(self) -> Iterator[Requirement]:
        from labctl.targets.kind.requirements import requirements  # only for `doctor`

        return requirements(self.spec)

    def repairs(self) -> Iterator[Repair]:
        from labctl.targets.kind.repair import repairs  # only for `doctor --fix`

        return repairs(default_names(self.spec))

    def check(self) -> Notes:
        self._cluster.require_engine()
        commands.need("kind", lifecycle.INSTALL)
        addons.require_one_count(self.spec.switches, self.spec.overrides)
        self._require_backends()
        kube.import_early()
        http.import_early()
        node = self._cluster.node()
        self._cluster.require_no_other(node)
        if node:
            self._cluster.require_ownership(node, adopt=self._adopt)
            self._require_switches(self._recorded_switches if self.spec.switches else {})
            yield from self._pull_addons(node)
            yield f"the cluster {self._names.cluster} exists"
            return
        self._require_switches({})
        yield from self._pull_addons()
        require_free({endpoint: self.spec.ports[endpoint] for endpoint in NODE_PORTS})
        yield "Docker and kind found, ports free"

    def _require_switches(self, recorded: Mapping[str, str]) -> None:
        """Of those that are given anew."""
        if self.spec.switches:
            secured.require_headers(self.spec, chosen.merged(recorded, self.spec.switches))

    def _pull_addons(self, node: NodeContainer | None = None) -> Notes:
        """Of those given now: what the engine lacks, unless the node has it."""
        given = chosen.merged({}, {WITH: self.spec.switches.get(WITH, OFF)})
        brought = [one for one in of(given) if one.addon]
        if not brought:
            return
        objects, runs = self._manifests_with(given), self._names.node if node and node.running else ""
        wanted = {manifests.image(objects, one.cluster.deployment): one.addon for one in brought}
        yield from addon_images.pull_missing(wanted, given[WITH], runs)

    def _require_backends(self) -> None:
        export_loop.require_none_in_cluster(self.spec, self._names.namespace)
        export_addresses.require_other_machines(self.spec)

    def provision(self) -> Notes:
        interrupted = lifecycle.end_orphaned_kind(self._names)
        node = self._cluster.node()
        if node and (interrupted or lifecycle.unfinished(self._names, node)):
            yield "creating the cluster again: its creation was interrupted"
            lifecycle.delete(self._names, node)
            node = None
        if node:
            yield from self._use(node)
        else:
            yield from self._make()
        yield f"the cluster {self._names.cluster} answers"

    def _make(self) -> Notes:
        yield "creating the cluster"
        self._creation = lifecycle.create(self.spec, self._names)
        pulled = self._pulled_images(addons.with_metrics(chosen.merged({}, self.spec.switches), has_metrics=False))
        self._transfer = transfer.to_new_node(self.spec, self._names, self._images, pulled, self._stopwatch)
        with self._stopwatch.time("node and API server start"):
            self._cluster.kube = startup.await_api(self._names, self._creation, API_S)

    def _use(self, node: NodeContainer) -> Notes:
        self._cluster.require_ownership(node, adopt=self._adopt)
        if not node.running:
            yield "starting the node"
            lifecycle.start(node)
        self._cluster.kube = startup.await_api(self._names, None, RESTARTED_S)
        namespace = self._cluster.kube.get(self._namespace)
        pulled = self._pulled_images(self._wanted_switches({self._namespace: namespace} if namespace else {}))
        self._transfer = transfer.to_running_node(self.spec, self._names, self._images, pulled, self._stopwatch)

    def publish(self) -> Notes:
        """Ends when the node has the images; meanwhile all objects that need none are applied."""
        yield "comparing images"
        running = self._transfer
        assert running
        yield from self._look_for_volumes()
        there = objects.live(self._cluster.kube, self._names)
        self._uncordon(there)
        self._switches_before, self._switches = recorded.switches(there.get(self._namespace)), self._wanted_switches(there)
        desired = self._with_secrets(self._desired(there))
        deployments = [item for item in desired if item["kind"] == "Deployment"]
        self._apply([item for item in desired if item["kind"] != "Deployment"], there)
        pulled = running.pulled.result()
        first = {component.cluster.deployment for component in _pulled(self._switches)}
        self._apply([item for item in deployments if item["metadata"]["name"] in first], there)
        own = running.own.result()
        refs, size = (*pulled.refs, *own.refs), pulled.bytes + own.bytes
        yield f"{', '.join(refs)}: {size / 1e6:.2f} MB into the node" if refs else Unchanged("the node has the images")

    def deploy(self) -> Notes:
        there = objects.live(self._cluster.kube, self._names)
        desired = self._with_secrets(self._desired(there))
        if of_kind(NodeCordoned, self.spec.changes):
            cordon.cordon(self._cluster.kube, self._names)
        self._apply(desired, there)
        pruned = objects.prune(self._cluster.kube, desired, there)
        anew = self._applied and self.spec.overrides
        moved = overridden.moved(self._manifests_with(self.switches()), self._wanted_overrides(there)) if anew else ()
        yield "; ".join([*_said("applied", self._applied), *_said("removed", pruned), *moved]) or Unchanged("nothing has changed")

    def _with_secrets(self, desired: list[Object]) -> list[Object]:
        """Also those Secrets that the switches which are on need."""
        switches, own = self.switches(), secured.certificates(self.spec, self._names.namespace)
        secrets.fetch(self._cluster.kube, own, switches, self._names)
        self._reread |= secured.prepare(self.spec, switches, self._names.namespace).reread
        secured.forget_unused(self.spec, switches)
        return manifests.in_order([*secrets.secrets(own, switches, self._names), *desired])

    def _url(self, endpoint: str, port: int) -> str:
        return secured.base_url(self.spec, self._switches_of_urls, endpoint, port)

    @property
    def _switches_of_urls(self) -> Mapping[str, str]:
        return self._recorded_switches if self._switches is None else self._switches

    @cached_property
    def _recorded_switches(self) -> Mapping[str, str]:
        """Of the running lab, whose files are then here; none where the API server does not answer."""
        try:
            switches = self.switches()
            secrets.fetch(self._cluster.kube, secured.certificates(self.spec, ""), switches, self._names)
        except LabError:
            return {}
        return switches

    def _uncordon(self, there: Mapping[str, Object]) -> None:
        """Before the annotation is removed that says that the nodes may be cordoned."""
        namespace = there.get(self._namespace, {})
        if CHANGED in namespace.get("metadata", {}).get("annotations", {}) and not of_kind(NodeCordoned, self.spec.changes):
            cordon.uncordon(self._cluster.kube, self._names)

    @property
    def _names(self) -> ClusterNames:
        return self._cluster.names

    @cached_property
    def _images(self) -> tuple[Image, Image]:
        return build.images(self.spec)

    def _manifests_with(self, switches: Mapping[str, str]) -> list[Object]:
        key = tuple(switches.items())
        if key not in self._of_manifests:
            images = {image.component: image.ref for image in self._images}
            spec = replace(self.spec, switches=switches)
            self._of_manifests[key] = manifests.desired_objects(spec, self._names, images, overlay=self.name)
        return self._of_manifests[key]

    def _desired(self, there: Mapping[str, Object]) -> list[Object]:
        """What the manifests say, with the switches and overrides that `there`, the live objects, have, and those given now."""
        switches, overrides = self._wanted_switches(there), self._wanted_overrides(there)
        addons.require_one_count(switches, overrides)
        addons.require_there(switches, self.spec.overrides)
        plain = pod_addresses.excepted(self._manifests_with(switches), self._pod_addresses)
        plain = claims.adapted(self._cluster.kube, plain, there)
        return changes.changed(overridden.overridden(plain, overrides), self.spec, self._names)

    @cached_property
    def _pod_addresses(self) -> list[str]:
        node = self._cluster.node()
        of_others = node is not None and not owned(self._names, node)
        return pod_addresses.ranges(kind_file.pod_subnet(self.spec), self._cluster.kube.items("Node") if of_others else ())

    def _wanted_switches(self, there: Mapping[str, Object]) -> dict[str, str]:
        given = {**self.spec.switches, **({volumes.NAME: self._volumes} if self._volumes else {})}
        on = chosen.merged(recorded.switches(there.get(self._namespace)), given)
        return addons.with_metrics(on, has_metrics=self._has_metrics) if addons.HPA in on.get(WITH, "") else on

    @cached_property
    def _has_metrics(self) -> bool:
        """Whether the cluster has a metrics API that is not the lab's."""
        if not self._cluster.node():
            return False
        found = self._cluster.kube.get(path("APIService", name="v1beta1.metrics.k8s.io"))
        return found is not None and found["metadata"].get("labels", {}).get(LAB) != self._names.lab

    def _look_for_volumes(self) -> Notes:
        """Where claims are wanted, and it is not known yet whether the cluster fulfils them."""
        kube = self._cluster.kube
        wanted = chosen.merged(recorded.switches(kube.get(self._namespace)), self.spec.switches).get(volumes.NAME, OFF)
        if wanted == OFF or (volumes.storage_class(wanted) and volumes.NAME not in self.spec.switches):
            return
        if self._creation:
            yield "waiting for the cluster's StorageClass, which kind adds last"
            self._creation.wait(API_S)
        yield "looking for a provisioner of volumes"
        self._volumes = claims.settled(kube, wanted, PROVISIONER_S)

    def _wanted_overrides(self, there: Mapping[str, Object]) -> dict[str, str]:
        return merged(overridden.recorded(there.get(self._namespace)), self.spec.overrides)

    @property
    def _namespace(self) -> str:
        return path("Namespace", name=self._names.namespace)

    def _pulled_images(self, switches: Mapping[str, str]) -> list[str]:
        """The images that are not built here."""
        found = self._manifests_with(switches)
        return list(dict.fromkeys(manifests.image(found, component.cluster.deployment) for component in _pulled(switches)))

    def _apply(self, wanted: list[Object], there: Mapping[str, Object]) -> None:
        applied = objects.apply(self._cluster.kube, wanted, there)
        self._applied_at |= {item["metadata"]["name"]: time.time_ns() for item in applied if item["kind"] == "Deployment"}
        self._applied += applied

    def ready(self, patience_s: float) -> Notes:
        deadline = Deadline.after(patience_s)
        yield from self._rollout(patience_s)
        if secrets.in_use(self._applied, self._switches_before):
            yield from self.renew_credentials(sorted(self._reread))
        yield "waiting for the ports of this machine"
        with self._stopwatch.time("ports answer"):
            await_answers(self.endpoints(), deadline, replaced=DEPLOYMENTS["service"] in self._applied_at)
        if self._creation:
            yield "waiting for kind to end"
            with self._stopwatch.time("kind ends"):
                self._creation.wait(patience_s)
            self._creation.close()
            self._creation = None
        with self._stopwatch.time("DNS is added"):
            lifecycle.add_dns(self._names, self._cluster.kube)
        if self._transfer and self._transfer.own.result().refs:
            self._pruning = BackgroundTask(lambda: pruning.prune(self._cluster.kube, self._names, self._images))
        yield "; ".join(["all components answer", *health.traffic_elsewhere(self._cluster.kube, self._names)])

    def _rollout(self, patience_s: float) -> Notes:
        awaited: list[str] = []
        for waiting in chain(rollout.await_rollout(self._cluster.kube, self._names, patience_s), [[]]):
            for name in set(awaited) - set(waiting):
                self._stopwatch.add(f"{name} starts", self._applied_at.get(name, time.time_ns()))
                self._rolled_out.add(name)
            awaited = waiting
            if waiting:
                yield f"waiting for {', '.join(waiting)}"

    def overrides(self) -> Mapping[str, str]:
        return overridden.recorded(self._cluster.kube.get(self._namespace))

    @property
    def namespace(self) -> str:
        return self._names.namespace

    def renew_credentials(self, restart: Sequence[str] = ()) -> Notes:
        own, switches, kube = secured.certificates(self.spec, self.namespace), self.switches(), self._cluster.kube
        yield "bringing the Secrets to the pods"
        objects.apply(kube, list(secrets.secrets(own, switches, self._names)), {})
        yield from secrets.await_projection(kube, self._names, own, switches)
        for name in restart:
            rollout.restart(kube, self._names, DEPLOYMENTS[name])
        if restart:
            yield from self._rollout(API_S)

    def credentials(self) -> Sequence[HeldFiles]:
        switches = self.switches()
        return [*secrets.held(self._cluster.kube, switches, self._names), *secured.held(self.spec, switches, {LABCTL})]

    def switches(self) -> Mapping[str, str]:
        return recorded.switches(self._cluster.kube.get(self._namespace)) if self._switches is None else self._switches

    def fetched(self) -> Mapping[str, str]:
        return fetched.in_cluster(self._names.namespace, self.switches())

    def without_effect(self, switches: Mapping[str, str]) -> Mapping[str, str]:
        if switches.get(volumes.NAME) != volumes.ON or not self._cluster.node():
            return {}
        found = claims.settled(self._cluster.kube, volumes.ON)
        return {} if volumes.storage_class(found) else {volumes.NAME: claims.MISSING}

    def explain(self) -> Sequence[TextChange]:
        kept = self.switches() if self.exists() else {}
        wanted = chosen.merged(kept, self.spec.switches)
        return switched.explain(self._manifests_with(dict(kept)), self._manifests_with(wanted))

    def as_it_runs(self) -> LabSpec:
        kube, names = self._cluster.kube, self._names
        found, secrets = (kube.items(kind, names.namespace, names.selector) for kind in ("Deployment", "Secret"))
        spec = replace(self.spec, service_env={}, changes=(), switches=self.switches())
        plain = manifests.desired_objects(spec, self._names, {}, overlay=self.name)
        return replace(self.spec, **manifests.settings_of(found, secrets, plain))

    def changes_note(self) -> str:
        namespace = self._cluster.kube.get(self._namespace) or {}
        return str(namespace.get("metadata", {}).get("annotations", {}).get(CHANGED, ""))

    def cannot(self, change: LabChange) -> str:
        return changes.cannot(change)

    def work(self) -> Sequence[Work]:
        """Waits for background work that still runs, and ignores its errors."""
        if self._pruning:
            with self._stopwatch.time("old images go"), contextlib.suppress(LabError):
                self._pruning.result()
        return self._stopwatch.work

    def started(self) -> Mapping[str, int]:
        names = {component: deployment for component, deployment in DEPLOYMENTS.items() if deployment in self._rolled_out}
        return {component: self._applied_at[name] for component, name in names.items() if name in self._applied_at}

    def health(self) -> list[Health]:
        return health.component_health(self._cluster.kube, self._names, self._endpoints.node_ports())

    def endpoints(self) -> Endpoints:
        return self._endpoints.endpoints()

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        return logs.read(self._cluster.kube, self._names, query)

    def usage(self) -> Iterator[list[Usage]]:
        return self._sampler().samples()

    def observe(self) -> Observation:
        names, deadline = self._names, Deadline.after(WITHIN_S)
        if finding := node_rules.not_running(names, self._cluster.node()):
            return Observation({}, [finding], [node_rules.LOOKS_AT])
        source = Source(
            Kube(self._cluster.kube.access, OBSERVED_S), names, names.node, self._wanted, self._endpoints.node_ports,
            self._sampler(), lambda: node_state.read(names.node),
        )
        seen = observation.observe(source, deadline)
        return seen if seen.components else replace(seen, findings=[node_rules.no_answer(names.node)])

    def _wanted(self, namespace: Object | None) -> list[Object]:
        return self._desired({path_of(namespace): namespace} if namespace else {})

    def _sampler(self) -> Sampler:
        node = self._names.node
        return Sampler(self._cluster.kube, self._names, node, lambda: cgroups.read(node))

    def describe(self, component: str) -> Description:
        seen = next(one for one in self.health() if one.name == component)
        return describe(self._cluster.kube, self._names, BY_NAME[component], seen, self.overrides())

    def execute(self, command: Command) -> int:
        return execute.execute(self._cluster.kube, self._names, BY_NAME[command.component], command)

    def output_of(self, command: Command, timeout_s: float) -> CommandOutput:
        return execute.output_of(self._cluster.kube, self._names, BY_NAME[command.component], command, timeout_s)

    def network_policies(self) -> PolicyState | None:
        return node_state.policies(self._names.node)

    def peers(self) -> Sequence[Peer]:
        collector = BY_NAME["collector"]
        host = collector.cluster.deployment
        ends = [port for port in collector.ports if port.label]
        by_name = [Peer(f"collector, {port.label}", host, port.own) for port in ends]
        return [*by_name, Peer("collector, by DNS", f"{host}.{self._names.namespace}.svc.cluster.local", ends[0].own)]

    def published(self, route: Route) -> bool:
        return self._endpoints.published(route)

    def forward(self, route: Route) -> Forwarding:
        return self._endpoints.forward(route)

    def kubeconfig(self, *, merge: bool) -> Path:
        _ = self._cluster.kube          # writes the file where it is missing
        return user_kubeconfig.merge(self._names) if merge else kubeconfig.file_of(self._names)

    def destroy(self) -> Notes:
        if self._creation:
            lifecycle.abandon(self._names, self._creation)
            self._creation = None
        node = self._cluster.find_node()
        if node is None:
            lifecycle.forget(default_names(self.spec))
            secured.forget(self.spec)
            yield Unchanged("nothing was up")
            return
        self._cluster.require_ownership(node, adopt=self._adopt)
        secured.forget(self.spec)
        if self._keep_cluster or not owned(self._names, node):
            yield from self._delete_namespace()
            return
        yield f"deleting the cluster {self._names.cluster}"
        lifecycle.delete(self._names, node)
        if self._cluster.node():
            raise LabError(f"the node {node.name} is still there", hint=f"docker rm -f -v {node.name}")
        removed = pruning.remove_all()
        images = f" and {plural(removed, 'image')}" if removed else ""
        yield f"the cluster {self._names.cluster} is gone, with its container, its volume{images}, and all that was stored there"


    def _delete_namespace(self) -> Notes:
        kube, namespace = self._cluster.kube, self._names.namespace
        yield f"deleting the namespace {namespace}"
        had = claims.volumes_of(kube, namespace)
        objects.delete_all(kube, self._names)
        stay = claims.await_deleted(kube, namespace, VOLUMES_GONE_S) if had else []
        gone = f" with {plural(len(had) - len(stay), 'volume')} and what was stored there" if len(had) > len(stay) else ""
        yield f"the namespace {namespace} is gone{gone}; the cluster {self._names.cluster} stays"
        if stay:
            names = " ".join(one["metadata"]["name"] for one in stay)
            raise LabError(
                f"{plural(len(stay), 'volume')} of the lab stay in the cluster: their reclaim policy or provisioner keeps them",
                hint=f"kubectl delete pv {names}",
            )


def _pulled(switches: Mapping[str, str]) -> list[Component]:
    """Those whose image is not built here."""
    return [component for component in of(switches) if not component.cluster.repository]


def _said(done: str, objects_: Sequence[Object]) -> list[str]:
    """`applied 3 objects, among them the Deployments a, b`."""
    if not objects_:
        return []
    names, stores = ([one["metadata"]["name"] for one in objects_ if one["kind"] == kind] for kind in ("Deployment", CLAIM))
    more = f", among them the {'Deployment' if len(names) == 1 else 'Deployments'} {', '.join(names)}" if names else ""
    if stores:
        more += f", and the {'volume' if len(stores) == 1 else 'volumes'} of {', '.join(stores)}"
    return [f"{done} {plural(len(objects_), 'object')}{more}"]
