"""The lab on this machine: the target's methods, with `labctl.host`.

No state is stored: running processes are found by a token in their environment, and compared with the desired by fingerprint.
"""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from labctl.changes import LabChange
from labctl.components import ADDONS, ALL, BY_NAME, OWNER, SERVICE, VIEWER, Component, called, of
from labctl.errors import LabError, Refused, os_reason
from labctl.host import daemons, folders, open_files, ports
from labctl.host.background_task import BackgroundTask
from labctl.host.daemons import Daemon, Running
from labctl.host.forwarder import Forwarder, TcpUpstream
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
from labctl.targets import export_loop, fetched, secured
from labctl.targets.local import changes as local_changes
from labctl.targets.local import handover, log_rotation, processes
from labctl.targets.local.readiness import Readiness, Started
from labctl.targets.local.settings import needed_ports, service_settings, switched
from labctl.targets.routes import nothing_listens
from labctl.targets.viewer_limits import limits_in

if TYPE_CHECKING:
    from labctl.description import Description

GRACE_S = 20.0                          # longer than the service's own shutdown timeouts together
DIAL_S = 5.0
ENOUGH_DISK = 64 << 20


class LocalTarget:
    name = "local"

    def __init__(self, spec: LabSpec) -> None:
        self.spec = spec
        self._watch = Stopwatch()
        self._switches: Mapping[str, str] | None = None      # that are on, as this run has deployed them
        self._started: dict[str, Started] = {}
        self._readiness = Readiness(spec, self._started)

    def exists(self) -> bool:
        return bool(daemons.running(self.spec.name))

    def lacks(self) -> str:
        return ""                       # it needs only Python

    def requirements(self) -> Iterator[Requirement]:
        yield from ()

    def repairs(self) -> Iterator[Repair]:
        from labctl.targets.local.repair import repairs  # only for `doctor --fix`

        return repairs(self.spec)

    def check(self) -> Notes:
        if given := [f"{name}={text}" for name, text in self.spec.overrides.items() if text]:
            raise Refused(
                f"{', '.join(given)}: the local target runs one plain process of each component, without limits",
                hint="labctl up --target kind " + " ".join(f"--set {one}" for one in given),
            )
        running = daemons.running(self.spec.name)
        switches = switched.on(self.spec, running)
        needed_ports.require_free(self.spec, running, switches)
        export_loop.require_none_here(self.spec)
        free = folders.free_bytes(self.spec.state)
        if free < ENOUGH_DISK:
            raise Refused(f"{self.spec.state} has {free >> 20} MiB left on its disk", advice="free some, or set LABCTL_STATE_DIR")
        switched.require_program(switches)
        switched.require_no_mesh(switches)
        switched.require_addons(switches)
        secured.require_headers(self.spec, switches)
        found = processes.program(BY_NAME["collector"].process)
        kind = Path(found).name if found else "the viewer's own"
        files = open_files.raise_limit()
        few = f"; only {files} open files are allowed (ulimit -n), and each connection is one" if files < open_files.FEW else ""
        free_ports = "ports free or the lab's own" if running else "ports free"
        yield f"{free_ports}, collector: {kind}{few}"

    def provision(self) -> Notes:
        folder = self.spec.state / "logs"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=processes.STATE_MODE)
        except OSError as error:
            raise Refused(f"the state folder cannot be made: {os_reason(error)}", advice=folders.OTHER_STATE) from None
        yield str(self.spec.state)

    def publish(self) -> Notes:
        yield from ()

    def deploy(self) -> Notes:
        found = daemons.running(self.spec.name)
        there = {one.component: one for one in found}
        spec = switched.with_parts(self.spec, found)
        self._switches = spec.switches
        self._readiness = Readiness(spec, self._started)
        prepared = secured.prepare(spec, spec.switches, self.namespace)
        secured.forget_unused(spec, spec.switches)
        changed = service_settings.changes(spec, there.get(SERVICE.name))
        service_settings.require_usable(spec, changed)
        # includes duplicates of a component, which a killed `up` may have left
        wanted = [component.name for component in processes.started(spec.switches)] + [processes.LOG_ROTATION]
        yield from self._stop([one for one in found if one.component not in wanted or one != there[one.component]])
        undone = local_changes.undo(self.spec)
        started = []
        reread = set(prepared.reread)
        stale: Iterable[Daemon] = self._stale(spec, there, reread, by_hand=bool(changed) and not self.spec.changes)
        if found:                       # else each is prepared while the one before it starts
            stale = handover.in_order(list(stale), switched.recorded(found), spec.switches)
        left = dict(there)              # of the processes before, those that nothing has taken the place of yet
        for daemon in stale:
            yield from self._exchange(daemon, left, stale)
            started.append(daemon.component)
        done = undone + local_changes.make(self.spec)
        told = [str(change) for change in changed if SERVICE.name in there and SERVICE.name in started]
        if again := reread - set(started):
            yield from self._reload(sorted(again))
        said = ([f"made {prepared.made}"] if prepared.made else []) + ([f"started {', '.join(started)}"] if started else [])
        ended = fetched.ended(switched.recorded(found), spec.switches)
        files = [fetched.left_of_processes(self.spec.state)] if ended else []
        yield "; ".join(filter(None, [*said, *done, *told, *files])) or Unchanged("nothing has changed")

    def _stale(self, spec: LabSpec, there: Mapping[str, Running], reread: set[str], *, by_hand: bool) -> Iterator[Daemon]:
        """Those to start, `by_hand` the service at any rate. Others whose files were written anew are added to `reread`.

        Subtle: Prometheus reads its files by itself when they change, but not those that it has read before; and of a change that
        it could not load as a whole it keeps a part.
        """
        for daemon in processes.daemons(spec):
            one = there.get(daemon.component)
            again = by_hand and daemon.component == SERVICE.name
            if one is None or again or not one.runs(daemon) or not local_changes.can_stay(self.spec, one):
                yield daemon
            elif daemon.reload:
                reread.add(daemon.component)

    def _exchange(self, daemon: Daemon, left: dict[str, Running], stale: Iterable[Daemon]) -> Notes:
        """Start it in place of the one before. All that go with it end first, senders before those that they send to."""
        one = left.pop(daemon.component, None)
        # a fault that keeps the new one from starting is meant to be seen
        if one and not self.spec.changes and handover.possible(self.spec, one, daemon):
            yield from self._replace(daemon)
            if any(other.component in left for other in stale):
                yield f"waiting until the {daemon.component} before has sent what it holds"
                daemons.await_end([one], GRACE_S)
            return
        beside = handover.together(daemon, stale) if one else []
        yield from self._stop([*([one] if one else []), *(left.pop(name) for name in beside if name in left)])
        yield f"starting {daemon.component}"
        self._start(daemon)

    def _replace(self, daemon: Daemon) -> Notes:
        """Without a moment in which nobody listens. The process before ends by itself."""
        yield f"replacing {daemon.component}"
        offered = handover.offer_of(self.spec)
        self._start(daemon)
        self._readiness.await_until(lambda: handover.offer_of(self.spec) != offered, BY_NAME[daemon.component])

    def _stop(self, processes_: list[Running]) -> Notes:
        for one in _last_started_first(processes_):
            yield f"stopping {one.component}"
            if daemons.stop([one], GRACE_S):
                yield f"{one.component} did not exit in time and was killed"

    def _start(self, daemon: Daemon) -> None:
        component = BY_NAME.get(daemon.component)
        if component and component.process.after:
            before = BY_NAME[component.process.after]
            if before.name not in local_changes.not_listening(self.spec):
                self._readiness.await_port(before)
            if before.name in self._started:
                self._watch.add(f"{before.name} listens", self._started[before.name].at_ns)
        log_rotation.rotate(daemon.log)
        size = daemon.log.stat().st_size if daemon.log.exists() else 0
        begun = time.time_ns()
        self._started[daemon.component] = Started(daemons.start(self.spec.name, daemon), begun, size)

    def ready(self, patience_s: float) -> Notes:
        deadline = Deadline.after(patience_s)
        # the service starts slowest: when it is ready the others are too, and probing them earlier would only slow it down
        for component in of(self.switches()):
            yield f"waiting for {component.name}"
            if self._readiness.await_ready(component, deadline) and component.name in self._started:
                self._watch.add(f"{component.name} starts", self._started[component.name].at_ns)
        yield "all components answer"

    def health(self) -> list[Health]:
        return self._health_of(daemons.running(self.spec.name))

    def _health_of(self, running: list[Running]) -> list[Health]:
        there = {one.component: one for one in running}
        spec = replace(self._as_it_stands(running), switches=switched.recorded(running))
        readiness = Readiness(spec, {}, min((one.started for one in running), default=0.0))
        # in parallel, since a component that hangs takes a second
        looks = [BackgroundTask(partial(_health, spec, readiness, component, there)) for component in of(spec.switches)]
        return [look.result() for look in looks]

    def endpoints(self) -> Endpoints:
        running = daemons.running(self.spec.name)
        switches = switched.recorded(running)
        spec = replace(self._as_it_stands(running), switches=switches)
        return Endpoints({name: secured.base_url(spec, switches, name, port) for name, port in spec.used_ports.items()})

    def fetched(self) -> Mapping[str, str]:
        return fetched.of_processes(self.spec.state, self.switches())

    def as_it_runs(self) -> LabSpec:
        there = daemons.running(self.spec.name)
        spec = self._as_it_stands(there)
        for one in there:
            if one.component == VIEWER.name:
                spec = replace(spec, **limits_in(one.arguments()))
            if one.component == SERVICE.name and (given := one.given_settings()) is not None:
                env = one.environment()
                settings = {name: env[name] for name in given if name in env}
                spec = replace(spec, service_env=settings, service_env_from=given)
        return spec

    def changes_note(self) -> str:
        lost = any(one.log_is_deleted() for one in daemons.running(self.spec.name))
        return "the state folder was deleted" if lost else ""

    def cannot(self, change: LabChange) -> str:
        return local_changes.cannot(change)

    def _as_it_stands(self, there: list[Running]) -> LabSpec:
        found = {name: port for one in there for name, port in one.listens.items()}
        return replace(self.spec, ports={**self.spec.ports, **found})

    def overrides(self) -> Mapping[str, str]:
        return {}                       # `check` refuses them

    @property
    def namespace(self) -> str:
        return self.spec.namespace or self.spec.name

    def renew_credentials(self, restart: Sequence[str] = ()) -> Notes:
        yield from self._reload(restart)

    def _reload(self, names: Sequence[str]) -> Notes:
        for one in daemons.running(self.spec.name):
            if one.component in names:
                yield f"telling {called(one.component)} to reload (SIGHUP)"
                daemons.hang_up(one)

    def credentials(self) -> Sequence[HeldFiles]:
        return secured.held(self.spec, self.switches())

    def switches(self) -> Mapping[str, str]:
        return switched.recorded(daemons.running(self.spec.name)) if self._switches is None else self._switches

    def without_effect(self, switches: Mapping[str, str]) -> Mapping[str, str]:
        return switched.without_effect(switches)

    def explain(self) -> Sequence[TextChange]:
        return switched.explain(self.spec, daemons.running(self.spec.name))

    def network_policies(self) -> PolicyState | None:
        return None

    def work(self) -> Sequence[Work]:
        return self._watch.work

    def started(self) -> Mapping[str, int]:
        return {name: one.at_ns for name, one in self._started.items()}

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        from labctl.targets.local import logs

        began = {one.component: one.started for one in daemons.running(self.spec.name)} if query.previous else {}
        return logs.read(self.spec, query, began)

    def usage(self) -> Iterator[list[Usage]]:
        from labctl.targets.local.usage import samples

        return samples(self.spec.name)

    def observe(self) -> Observation:
        from labctl.targets.local.observe import observe

        running = daemons.running(self.spec.name)
        return observe(switched.with_parts(self._as_it_stands(running), running), running, self._health_of)

    def describe(self, component: str) -> "Description":
        from labctl.targets.local.describe import describe

        there = {one.component: one for one in daemons.running(self.spec.name)}
        health = next(one for one in self._health_of(list(there.values())) if one.name == component)
        return describe(self.spec, BY_NAME[component], health, _process_of(component, there))

    def execute(self, command: Command) -> int:
        from labctl.targets.local import execute

        execute.execute(command, self._process_of(command))

    def output_of(self, command: Command, timeout_s: float) -> CommandOutput:
        from labctl.targets.local import execute

        return execute.output_of(command, self._process_of(command), timeout_s)

    def _process_of(self, command: Command) -> Running | None:
        return _process_of(command.component, {one.component: one for one in daemons.running(self.spec.name)})

    def peers(self) -> Sequence[Peer]:
        at = self._as_it_stands(daemons.running(self.spec.name)).ports
        ends = ((port.label, at[port.name]) for port in BY_NAME["collector"].ports if port.label)
        return [Peer(f"collector, {label}", ports.LOOPBACK, port) for label, port in ends]

    def published(self, route: Route) -> bool:
        return self._own_port(route) == route.local and self._listens(route)

    def forward(self, route: Route) -> Forwarding:
        if not self._listens(route):
            raise nothing_listens(route)
        port = self._own_port(route)

        def dial() -> TcpUpstream:
            upstream = ports.connect(port, DIAL_S)
            upstream.settimeout(None)
            return TcpUpstream(upstream)

        return Forwarder(route.local, dial)

    def _own_port(self, route: Route) -> int:
        """The local port for the component's port `route.remote` (its number where every component has its own address)."""
        listens = self._as_it_stands(daemons.running(self.spec.name)).ports
        port = BY_NAME[route.component].port(route.remote)
        return listens[port.name] if port else route.remote

    def _listens(self, route: Route) -> bool:
        """Whether the component has that port: by the table, or since its process listens on it at present."""
        if BY_NAME[route.component].port(route.remote):
            return True
        there = {one.component: one for one in daemons.running(self.spec.name)}
        process = there.get(route.component) or _hosting(BY_NAME[route.component], there)
        return process is not None and route.remote in process.listening()

    def kubeconfig(self, *, merge: bool) -> Path:  # noqa: ARG002 - no kubeconfig without a cluster
        raise LabError(f"the lab {self.spec.name} runs on the local target: there is no cluster", hint="labctl status")

    def destroy(self) -> Notes:
        there = daemons.running(self.spec.name)
        yield from self._stop(there)
        local_changes.undo(replace(self.spec, changes=()))
        if left := daemons.running(self.spec.name):     # what a component has started, and left behind as it ended
            daemons.kill(left)
        if left := daemons.running(self.spec.name):
            raise LabError("processes still run", detail=", ".join(f"{one.component} (pid {one.pid})" for one in left))
        self._forget()
        kept = fetched.left_of_processes(self.spec.state)
        said = f"{len(there)} processes ended, none left" + (f"; {kept}" if kept else "")
        yield said if there else Unchanged("nothing was up")

    def _forget(self) -> None:
        """Delete the data of the lab; logs are kept, and what --export file has written."""
        given = [file.key for component in ALL for file in component.files]
        for name in ("viewer.db", "viewer.db-wal", "viewer.db-shm", "project", *given):
            (self.spec.state / name).unlink(missing_ok=True)
        for component in ADDONS:        # their stores
            shutil.rmtree(self.spec.state / component.name, ignore_errors=True)
        handover.forget(self.spec)
        secured.forget(self.spec)
        for folder in ("queue", *(one.name for one in ADDONS)):            # of --persist, and the stores of add-ons
            shutil.rmtree(self.spec.state / folder, ignore_errors=True)
        for file in (file for one in ADDONS for file in one.files):
            (self.spec.state / file.key).unlink(missing_ok=True)


def _last_started_first(found: list[Running]) -> list[Running]:
    """The service before the collector before the viewer, so that each can still send its telemetry on."""
    order = {component.name: place for place, component in enumerate(ALL)}
    return sorted(found, key=lambda one: (order.get(one.component, -1), -one.started))


def _health(spec: LabSpec, readiness: Readiness, component: Component, there: Mapping[str, Running]) -> Health:
    process = _process_of(component.name, there)
    state, detail, hint = readiness.health(component, process)
    if process is None:
        return Health(component.name, state, detail, hint=hint)
    own = {name: port for name, port in process.listens.items() if OWNER[name] is component}
    urls = {name: secured.base_url(spec, spec.switches, name, port) for name, port in own.items()}
    return Health(component.name, state, detail or _kind(component, process), urls, process.pid, process.started, hint=hint)


def _process_of(component: str, there: Mapping[str, Running]) -> Running | None:
    return there.get(component) or _hosting(BY_NAME[component], there)


def _hosting(component: Component, there: Mapping[str, Running]) -> Running | None:
    """The process of another component that serves this one's ports."""
    name = component.ports[0].name
    return next((process for process in there.values() if name in process.listens), None)


def _kind(component: Component, process: Running) -> str:
    """Which implementation of the component it is, if there is more than one."""
    if process.component != component.name:
        return f"in the {process.component}'s process"
    found = processes.program(component.process)
    return f"the program {Path(found).name}" if found else ""
