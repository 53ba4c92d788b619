"""A component's container ends: it cannot be started, its program fails, or it is killed for its memory."""

from collections.abc import Iterator
from typing import Any, Final

from labctl.components import BY_NAME
from labctl.findings import DOWN, Certainty, Evidence, Finding
from labctl.quantity import quantity
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import (
    TEMPLATE,
    UP,
    Field,
    Found,
    cause,
    edit,
    kubectl,
    last_lines,
    manifest_of,
    notice,
    seen,
)
from labctl.targets.kubernetes.rules.pods.probes import ended_by_probe
from labctl.targets.kubernetes.snapshot import Observed, Workload, container, ended, ended_beside, is_ready, status_of, unix

LOOKS_AT: Final = "how containers ended: exit codes, the kernel's OOM killer, their last lines"
CANNOT_BEGIN: Final = frozenset({"RunContainerError", "CreateContainerError"})
NOT_BEGUN: Final = frozenset({"StartError", "ContainerCannotRun"})
SIGKILLED: Final = 137
NOT_FOUND: Final = {126: "is not executable", 127: "was not found"}
RECENT_S: Final = 300.0
MIB: Final = 1 << 20
ENOUGH: Final = 256 * MIB


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        if pod := workload.new_pod:
            finding = _finding(snapshot, workload, pod, status_of(pod)) or _beside(snapshot, workload, pod)
            if finding and not ended_by_probe(snapshot, pod):
                yield Found(finding, (Field("Deployment", workload.name, TEMPLATE), *_mounted(pod)))


def _finding(snapshot: Observed, workload: Workload, pod: Object, status: Object) -> Finding | None:
    waiting, last = status.get("state", {}).get("waiting", {}), ended(status)
    if waiting.get("reason") in CANNOT_BEGIN or (last and last.get("reason") in NOT_BEGUN and not status.get("ready")):
        said = waiting.get("message", "") if waiting.get("reason") in CANNOT_BEGIN else (last or {}).get("message", "")
        message = f"{workload.component}: its container cannot be created ({waiting.get('reason') or 'StartError'})"
        remedy = edit(workload.component, "command and args", "correct")
        return cause("command-not-found", workload.component, message, [seen(pod, said, "pod"), *_command(pod)], remedy)
    if last and not status.get("ready"):
        return _ended(snapshot, workload, pod, last)
    if last and _oom(last) and snapshot.at - (unix(last.get("finishedAt", "")) or 0.0) < RECENT_S:
        return _killed(snapshot, workload, pod, last)
    if last and is_ready(pod):
        restarts = status.get("restartCount", 0)
        times = "once" if restarts == 1 else f"{restarts} times"
        message = f"{workload.component}: its container was restarted {times}; it ended with exit code {last.get('exitCode')}"
        return notice("restarted", workload.component, message, _evidence(snapshot, pod, last))
    return None


def _beside(snapshot: Observed, workload: Workload, pod: Object) -> Finding | None:
    """Another container of the pod has ended, which keeps the whole pod from being ready."""
    status = ended_beside(pod)
    last = ended(status) if status else None
    if not status or not last:
        return None
    name, component = status["name"], workload.component
    message = f"{component}: the container {name} beside it in its pod ended with exit code {last.get('exitCode')}"
    desired = snapshot.wants("Deployment", workload.name)
    added = desired and all(one["name"] != name for one in desired["spec"]["template"]["spec"]["containers"])
    remedy = UP if added else kubectl(snapshot, f"logs {pod['metadata']['name']} -c {name} --previous")
    return cause("container-beside-ends", component, message, _evidence(snapshot, pod, last), remedy)


def _ended(snapshot: Observed, workload: Workload, pod: Object, last: Object) -> Finding:
    component, code = workload.component, last.get("exitCode")
    if _oom(last) or (code == SIGKILLED and not snapshot.events(pod, "Killing")):
        return _killed(snapshot, workload, pod, last)
    evidence = _evidence(snapshot, pod, last)
    if code in NOT_FOUND:
        message = f"{component}: ended with exit code {code}: its program {NOT_FOUND[code]}"
        remedy = edit(component, "command and args", "correct")
        return cause("command-not-found", component, message, [*evidence, *_command(pod)], remedy)
    message = f"{component}: ended with exit code {code} ({last.get('reason', 'unknown')})"
    config = BY_NAME[component].process.config
    correct = config and f"correct {config.key} in {manifest_of(component, 'ConfigMap')}, then: labctl up"
    remedy = correct or f"labctl logs {component}"
    final = status_of(pod).get("restartCount", 0) >= BY_NAME[component].cluster.early_ends
    # where another rule knows why, such as a wrong key of the configuration, this is no more than what is seen of it
    return cause("container-ends", component, message, [*evidence, *_command(pod)], remedy, symptom=DOWN[component], final=final)


def _killed(snapshot: Observed, workload: Workload, pod: Object, last: Object) -> Finding:
    component = workload.component
    limit = container(pod).get("resources", {}).get("limits", {}).get("memory")
    # some engines do not pass the kernel's reason on
    certain = _oom(last)
    why = "because it" if certain else "probably because it"
    message = f"{component}: killed, {why} used more memory than its limit of {limit}"
    remedy = f"labctl up --set {component}.limits.memory={_more(limit)}"
    certainty: Any = Certainty.CERTAIN if certain else Certainty.LIKELY
    return cause("out-of-memory", component, message, _evidence(snapshot, pod, last), remedy, certainty=certainty)


def _more(limit: Any) -> str:
    """Twice as much, and not less than every component can start with."""
    return f"{max(2 * (quantity(limit) or 0.0), ENOUGH) / MIB:.0f}Mi"


def _oom(last: Object) -> bool:
    return last.get("reason") == "OOMKilled"


def _evidence(snapshot: Observed, pod: Object, last: Object) -> list[Evidence]:
    said = f": {last['message']}" if last.get("message") else ""
    state = Evidence(
        f"pod {pod['metadata']['name']}", f"{last.get('reason', 'ended')}, exit code {last.get('exitCode')}{said}",
        unix(last.get("finishedAt") or ""),
    )
    running = "running" in status_of(pod).get("state", {}) or "waiting" in status_of(pod).get("state", {})
    lines = last_lines(snapshot, pod, previous=running)
    return [*([lines] if lines else []), state]


def _command(pod: Object) -> list[Evidence]:
    given = {name: container(pod)[name] for name in ("command", "args") if name in container(pod)}
    return [seen(pod, f"{name}: {' '.join(map(str, words))}", "pod") for name, words in given.items()]


def _mounted(pod: Object) -> list[Field]:
    volumes = pod["spec"].get("volumes") or ()
    return [Field("ConfigMap", volume["configMap"]["name"]) for volume in volumes if "configMap" in volume]
