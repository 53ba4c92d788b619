"""The lab on this machine: the target's verbs over `labctl.host`.

Nothing is remembered: what runs is found by the token in its environment, and compared with what should run by fingerprint.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labctl.components import BY_NAME, COMPONENTS, OWNER, Component
from labctl.errors import LabError, NotReady, Refused
from labctl.host import daemons, disk, ports
from labctl.host.daemons import Daemon, Running
from labctl.host.forwarder import Forwarder, TcpUpstream
from labctl.host.http import Unreachable, get
from labctl.host.stopwatch import Stopwatch
from labctl.model import Endpoints, Forwarding, Health, LabSpec, LogLine, LogQuery, Notes, Route, State, Unchanged, Usage, Work
from labctl.targets.local import logs, processes, usage

GRACE_S = 20.0                          # the service's own bounds on its end add up to less
POLL_S = 0.01
DIAL_S = 5.0
ENOUGH_DISK = 64 << 20
MISSED = 3                              # looks in a row that prove that a process is gone
LOOK_EVERY_S = 0.1                      # looking through the processes costs more than a probe


class LocalTarget:
    name = "local"

    def __init__(self, spec: LabSpec) -> None:
        self.spec = spec
        self._watch = Stopwatch()
        self._begun: dict[str, int] = {}        # when a component was started in this run, Unix nanoseconds

    def exists(self) -> bool:
        return bool(daemons.running(self.spec.name))

    def lacks(self) -> str:
        return ""                       # Python is there, or nobody would ask

    def check(self) -> Notes:
        ours = {port for one in daemons.running(self.spec.name) for port in one.listens.values()}
        for name, port in self.spec.ports.items():
            if port not in ours:
                ports.require_free(port, name)
        free = disk.free_bytes(self.spec.state)
        if free < ENOUGH_DISK:
            raise Refused(f"{self.spec.state} has {free >> 20} MiB left on its disk", hint="free some, or set LABCTL_STATE_DIR")
        kind = "the viewer's own" if processes.hosted(BY_NAME["collector"]) else "otelcol"
        yield f"ports free, collector: {kind}"

    def provision(self) -> Notes:
        folder = self.spec.state / "logs"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=processes.STATE_MODE)
        except OSError as error:
            raise Refused(f"the state folder cannot be made: {error}", hint="set LABCTL_STATE_DIR to another folder") from None
        yield str(self.spec.state)

    def publish(self) -> Notes:
        yield from ()

    def deploy(self) -> Notes:
        found = daemons.running(self.spec.name)
        there = {one.component: one for one in found}
        # also a second process of one component, which a killed `up` may have left
        wanted = [component.name for component in processes.started()]
        yield from self._stop([one for one in found if one.component not in wanted or one != there[one.component]])
        started = []
        for daemon in processes.daemons(self.spec):
            one = there.get(daemon.component)
            if one and one.fingerprint == daemon.fingerprint:
                continue
            yield from self._stop([one] if one else [])
            yield f"starting {daemon.component}"
            self._start(daemon)
            started.append(daemon.component)
        yield f"started {', '.join(started)}" if started else Unchanged("nothing has changed")

    def _stop(self, processes_: list[Running]) -> Notes:
        for one in _last_started_first(processes_):
            yield f"stopping {one.component}"
            if daemons.stop([one], GRACE_S):
                yield f"{one.component} did not end by itself and was killed"

    def _start(self, daemon: Daemon) -> None:
        if before := BY_NAME[daemon.component].process.after:
            self._await_port(before, self.spec.ports[BY_NAME[before].ports[0].name])
            if before in self._begun:
                self._watch.add(f"{before} listens", self._begun[before])
        logs.make_room(daemon.log)
        self._begun[daemon.component] = time.time_ns()
        daemons.start(self.spec.name, daemon)

    def _await_port(self, component: str, port: int) -> None:
        deadline = time.monotonic() + 20
        while not ports.wait_until_answers(port, 0.25):
            if component not in {one.component for one in daemons.running(self.spec.name)}:
                raise self._died(component)
            if time.monotonic() > deadline:
                raise NotReady(f"{component} does not listen on port {port}", detail=self._last_lines(component))

    def ready(self, patience_s: float) -> Notes:
        deadline = time.monotonic() + patience_s
        # the service takes longest: by then the others answer at once, and asking them meanwhile would only slow it down
        for component in COMPONENTS:
            yield f"waiting for {component.name}"
            self._await_probe(component.name, deadline)
        yield "all components answer"

    def _await_probe(self, component: str, deadline: float) -> None:
        looked, missed, waited = time.monotonic(), 0, False
        while (health := self._probe(component)).state is not State.READY:
            waited = True
            now = time.monotonic()
            if now - looked > LOOK_EVERY_S:
                # a process that has just been replaced by the program it starts has no environment for a moment
                looked, missed = now, 0 if self._process(component) else missed + 1
                if missed == MISSED:
                    raise self._died(component)
            if now > deadline:
                raise NotReady(
                    f"{component} is not ready", detail=f"{health.detail}\n{self._last_lines(component)}".strip(),
                    hint=f"labctl logs {component}",
                )
            time.sleep(POLL_S)
        if waited and component in self._begun:
            self._watch.add(f"{component} starts", self._begun[component])

    def _probe(self, component: str) -> Health:
        check = BY_NAME[component].health
        path = check.path
        url = f"http://{ports.LOOPBACK}:{self.spec.ports[check.port]}{path}"
        try:
            answer = get(url, timeout_s=1.0)
        except Unreachable as error:
            return Health(component, State.STARTING, f"{path} on {url}: {error.detail}")
        if answer.status != 200:                        # noqa: PLR2004 - HTTP's word for fine
            said = answer.body[:200].decode(errors="replace")
            return Health(component, State.STARTING, f"{path} answered {answer.status}: {said}")
        return Health(component, State.READY)

    def health(self) -> list[Health]:
        there = {one.component: one for one in daemons.running(self.spec.name)}
        at = LocalTarget(self._as_it_stands(list(there.values())))
        return [at._seen(component, there) for component in COMPONENTS]

    def _seen(self, component: Component, there: dict[str, Running]) -> Health:
        process = there.get(component.name) or _hosting(component, there)
        if process is None:
            return Health(component.name, State.ABSENT, self._last_lines(component.name, 1))
        probe = self._probe(component.name)
        detail = probe.detail or _kind(component, process)
        shown = [name for name in process.listens if OWNER[name] is component]
        urls = {name: f"http://{ports.LOOPBACK}:{process.listens[name]}" for name in shown}
        return Health(component.name, probe.state, detail, urls, process.pid, process.started)

    def endpoints(self) -> Endpoints:
        at = self._as_it_stands(daemons.running(self.spec.name)).ports
        return Endpoints({name: f"http://{ports.LOOPBACK}:{port}" for name, port in at.items()})

    def _as_it_stands(self, there: list[Running]) -> LabSpec:
        from dataclasses import replace

        found = {name: port for one in there for name, port in one.listens.items()}
        return replace(self.spec, ports={**self.spec.ports, **found})

    def work(self) -> Sequence[Work]:
        return self._watch.work

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        began = {one.component: one.started for one in daemons.running(self.spec.name)} if query.previous else {}
        return logs.read(self.spec, query, began)

    def usage(self) -> Iterator[list[Usage]]:
        return usage.samples(self.spec.name)

    def published(self, route: Route) -> bool:
        return self._own_port(route) == route.local

    def forward(self, route: Route) -> Forwarding:
        port = self._own_port(route)

        def dial() -> TcpUpstream:
            upstream = ports.connect(port, DIAL_S)
            upstream.settimeout(None)
            return TcpUpstream(upstream)

        return Forwarder(route.local, dial)

    def _own_port(self, route: Route) -> int:
        """The port of this machine on which a component listens that has `route.remote` where it has an address of its own."""
        listens = self._as_it_stands(daemons.running(self.spec.name)).ports
        port = BY_NAME[route.component].port(route.remote)
        assert port                     # the command line has asked the same table
        return listens[port.name]

    def kubeconfig(self, *, merge: bool) -> Path:  # noqa: ARG002 - there is nothing to merge
        raise LabError(f"the lab {self.spec.name} is made of plain processes: there is no cluster", hint="labctl status")

    def destroy(self) -> Notes:
        there = daemons.running(self.spec.name)
        yield from self._stop(there)
        left = daemons.running(self.spec.name)
        if left:
            raise LabError("processes are left", detail=", ".join(f"{one.component} (pid {one.pid})" for one in left))
        self._forget()
        yield f"{len(there)} processes ended, none left" if there else "nothing was up"

    def _forget(self) -> None:
        """Drop the data of the lab that is gone; logs stay to be read."""
        store = processes.store_of(self.spec)
        for path in (store, Path(f"{store}-wal"), Path(f"{store}-shm"), self.spec.state / "collector.yaml"):
            path.unlink(missing_ok=True)

    def _process(self, component: str) -> Running | None:
        there = {one.component: one for one in daemons.running(self.spec.name)}
        return there.get(component) or _hosting(BY_NAME[component], there)

    def _died(self, component: str) -> LabError:
        return LabError(
            f"{component} ended while it was starting", detail=self._last_lines(component), hint=f"labctl logs {component}",
        )

    def _last_lines(self, component: str, count: int = 5) -> str:
        return "\n".join(logs.last_lines(processes.log_of(self.spec, component), count))


def _last_started_first(found: list[Running]) -> list[Running]:
    """The service before the collector before the viewer, so that each can still hand on what it holds."""
    order = {component.name: place for place, component in enumerate(COMPONENTS)}
    return sorted(found, key=lambda one: (order.get(one.component, -1), -one.started))


def _hosting(component: Component, there: Mapping[str, Running]) -> Running | None:
    """The process of another component that offers this one's ports."""
    name = component.ports[0].name
    return next((process for process in there.values() if name in process.listens), None)


def _kind(component: Component, process: Running) -> str:
    """What kind of thing it is, where there is more than one."""
    if process.component != component.name:
        return f"in the {process.component}'s process"
    return "otelcol" if component.process.programs else ""
