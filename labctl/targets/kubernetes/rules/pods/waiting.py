"""A component's pod has not begun: no scheduler has looked at it, an init container goes on, an image or a volume takes long."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import DOWN, Certainty, Evidence
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, UP, Field, Found, cause, event, last_lines, seen
from labctl.targets.kubernetes.rules.pods import references
from labctl.targets.kubernetes.snapshot import Observed, Workload, all_statuses, is_ready, unix

LOOKS_AT: Final = "whether pods wait for a scheduler, an init container, an image or a volume"
SCHEDULED_S: Final = 5.0                # a scheduler looks at a new pod at once
CREATED_S: Final = 20.0                 # longer than a container takes whose image and volumes are there
DEFAULT: Final = "default-scheduler"
SCHEDULER: Final = "kube-scheduler"


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        pod = workload.new_pod
        if pod and not is_ready(pod):
            age = snapshot.age(pod)
            yield from _unscheduled(snapshot, workload, pod, age)
            yield from _in_init(snapshot, workload, pod)
            yield from _being_created(snapshot, workload, pod, age)


def _unscheduled(snapshot: Observed, workload: Workload, pod: Object, age: float) -> Iterator[Found]:
    """Also a scheduler that finds no node says so in the pod's condition."""
    conditions = {one["type"] for one in pod.get("status", {}).get("conditions") or ()}
    if age < SCHEDULED_S or pod["spec"].get("nodeName") or "PodScheduled" in conditions or pod["spec"].get("schedulingGates"):
        return
    wanted = pod["spec"].get("schedulerName", DEFAULT)
    scheduler = "no scheduler" if wanted == DEFAULT else f"no scheduler named {wanted}"
    message = f"{workload.component}: its pod is Pending for {age:.0f} s; {scheduler} has looked at it"
    remedy = snapshot.node.stopped.get(SCHEDULER) or snapshot.node.restart or UP
    said = seen(pod, f"Pending for {age:.0f} s; condition PodScheduled absent, nodeName absent", "pod")
    finding = cause("not-scheduled", workload.component, message, [said, *_last_event(snapshot, pod)], remedy,
                    final=False, certainty=Certainty.LIKELY, symptom=DOWN[workload.component])
    yield Found(finding, (Field("Deployment", workload.name, f"{TEMPLATE}.spec.schedulerName"),))


def _in_init(snapshot: Observed, workload: Workload, pod: Object) -> Iterator[Found]:
    statuses = pod.get("status", {}).get("initContainerStatuses") or []
    done = [one for one in statuses if _is_done(one)]
    if len(done) == len(statuses) or not pod["spec"].get("nodeName"):
        return
    waits = next(one for one in statuses if one not in done)
    state, name = _words(snapshot, waits), waits.get("name", "")
    message = f"{workload.component}: its pod waits in its init container {name}, which {state}"
    lines = last_lines(snapshot, pod, previous=False)
    evidence = [seen(pod, f"Init:{len(done)}/{len(statuses)}; init container {name} {state}", "pod"), *([lines] if lines else [])]
    finding = cause("init-container-waits", workload.component, message, evidence, UP, final=False)
    yield Found(finding, (Field("Deployment", workload.name, f"{TEMPLATE}.spec.initContainers"),))


def _is_done(status: Object) -> bool:
    """One that is started and goes on beside the others is a sidecar."""
    ended = status.get("state", {}).get("terminated")
    return bool(ended and ended.get("exitCode") == 0) or bool(status.get("started"))


def _words(snapshot: Observed, status: Object) -> str:
    state = status.get("state", {})
    if running := state.get("running"):
        since = unix(running.get("startedAt", ""))
        return f"runs for {snapshot.at - since:.0f} s" if since else "runs"
    if ended := state.get("terminated"):
        return f"ended with exit code {ended.get('exitCode')}"
    waiting = state.get("waiting", {})
    return f"has not begun: {': '.join(filter(None, (waiting.get('reason', 'waiting'), waiting.get('message'))))}"


def _being_created(snapshot: Observed, workload: Workload, pod: Object, age: float) -> Iterator[Found]:
    """Where nothing has failed yet: what fails is another rule's."""
    waiting = [one.get("state", {}).get("waiting", {}).get("reason") for one in all_statuses(pod)]
    events = snapshot.events(pod)
    failed = any(one.get("type") == "Warning" for one in events) or any(references.of_workload(snapshot, workload))
    if age < CREATED_S or failed or not waiting or set(waiting) != {"ContainerCreating"}:
        return
    pulls = bool(events) and events[-1].get("reason") == "Pulling"
    what = "its image is being pulled" if pulls else "its volumes are not mounted, or its network is not set up"
    message = f"{workload.component}: its pod is being created for {age:.0f} s: {what}"
    evidence = [seen(pod, f"ContainerCreating for {age:.0f} s", "pod"), *_last_event(snapshot, pod)]
    finding = cause("pod-being-created", workload.component, message, evidence, UP, final=False, certainty=Certainty.LIKELY)
    yield Found(finding, (Field("Deployment", workload.name, TEMPLATE),))


def _last_event(snapshot: Observed, pod: Object) -> list[Evidence]:
    return [event(one) for one in snapshot.events(pod)[-1:]]
