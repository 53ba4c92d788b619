"""The changes of a lab of processes that are made by signals and by programs beside it; the others are in how each is started."""

from labctl.changes import (
    CommandChange,
    ConfigurationChange,
    EnvironmentChange,
    LabChange,
    NotRunning,
    ProgramBeside,
    Suspended,
    components,
)
from labctl.components import BY_NAME
from labctl.host import daemons, open_files, ports, waiting
from labctl.host.daemons import Running
from labctl.model import LabSpec
from labctl.targets.local import processes

POSSIBLE = (EnvironmentChange, ConfigurationChange, CommandChange, NotRunning, Suspended, ProgramBeside)
GRACE_S = 1.0
BEGUN_S = 3.0


def cannot(change: LabChange) -> str:
    if isinstance(change, ProgramBeside):
        return ""
    if not isinstance(change, POSSIBLE):
        return "this target has no cluster"
    host = processes.hosted(BY_NAME[change.component])
    return f"the {change.component} has no process of its own here: it is in the {host.component}'s" if host else ""


def can_stay(spec: LabSpec, process: Running) -> bool:
    """Whether it need not be started anew: its log is there, it may open files, and it is not suspended, unless it shall be."""
    suspended = daemons.is_stopped(process) and process.component not in components(Suspended, spec.changes)
    return not suspended and not process.log_is_deleted() and not open_files.has_fewer(process.pid)


def not_listening(spec: LabSpec) -> set[str]:
    return components(NotRunning, spec.changes) | components(Suspended, spec.changes)


def ports_beside(spec: LabSpec) -> set[int]:
    """The ports that programs beside the lab hold, which `undo` frees."""
    return {port for one in daemons.running(spec.name, daemons.BESIDE) for port in one.listening()}


def undo(spec: LabSpec) -> list[str]:
    """Take back what the spec does not ask for, and kill what shall not run. Returns what was done, as sentences."""
    wanted = {daemon.fingerprint for daemon in processes.beside(spec)}
    left = [one for one in daemons.running(spec.name, daemons.BESIDE) if one.fingerprint not in wanted]
    daemons.stop(left, GRACE_S)
    absent = components(NotRunning, spec.changes)
    killed = [one for one in daemons.running(spec.name) if one.component in absent] if absent else []
    daemons.kill(killed)
    return [f"ended {one.pid}, a program beside the lab" for one in left] + [f"killed {one.component}" for one in killed]


def make(spec: LabSpec) -> list[str]:
    """Suspend and start what the spec asks for. Returns what was done, as sentences."""
    suspended = components(Suspended, spec.changes)
    found = [one for one in daemons.running(spec.name) if one.component in suspended] if suspended else []
    stopped = [one for one in found if not daemons.is_stopped(one)]
    for one in stopped:
        waiting.until(lambda one=one: ports.answers(next(iter(one.listens.values()))), BEGUN_S)  # type: ignore[misc]
        daemons.suspend(one)
    there = {one.fingerprint for one in daemons.running(spec.name, daemons.BESIDE)} if wants_beside(spec) else set()
    begun = [daemon for daemon in processes.beside(spec) if daemon.fingerprint not in there]
    for daemon in begun:
        daemons.start(spec.name, daemon, daemons.BESIDE)
    return [f"suspended {one.component}" for one in stopped] + [f"started {daemon.argv[0]}" for daemon in begun]


def wants_beside(spec: LabSpec) -> bool:
    return any(isinstance(change, ProgramBeside) for change in spec.changes)
