"""Checks whether the components answer, and waits until they do; one that exits is reported at once, with its last lines."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labctl.components import Component
from labctl.errors import LabError, NotReady
from labctl.host import daemons, ports
from labctl.host.daemons import Running
from labctl.host.http import Unreachable, get
from labctl.host.waiting import Deadline
from labctl.model import Health, LabSpec, State
from labctl.targets.local import logs, processes
from labctl.targets.secured import base_url

POLL_S = 0.01
PORT_S = 20.0
STARTING_S = 30.0                       # a component that does not answer after that counts as failed
MISSED = 3                              # consecutive looks without the process until it counts as gone
ORDINARY = re.compile(r'"level": "(INFO|DEBUG)"|\t(info|debug)\t| level=(INFO|DEBUG) ')   # nothing of the end
LOOK_EVERY_S = 0.1                      # listing the processes costs more than a probe


@dataclass(frozen=True, slots=True)
class Started:
    """A component that the current `up` has started."""

    pid: int
    at_ns: int                          # Unix time
    log_size: int                       # bytes that its log had before


class Readiness:
    def __init__(self, spec: LabSpec, started: Mapping[str, Started], lab_began: float = 0.0) -> None:
        """`lab_began`: when the oldest process of the lab did, in Unix seconds."""
        self._spec = spec
        self._started = started
        self._lab_began = lab_began

    def await_port(self, component: Component) -> None:
        """Wait until its first port accepts connections. Raises LabError when it has exited, NotReady on timeout."""
        port, deadline = self._spec.ports[component.ports[0].name], Deadline.after(PORT_S)
        ended = _Ended(self._spec, component, self._started)
        while not ports.wait_until_answers(port, LOOK_EVERY_S):
            self._require_running(ended)
            if deadline.passed:
                raise NotReady(f"{component.name} does not listen on port {port}", detail=self.last_lines(component.name))

    def await_until(self, done: Callable[[], bool], component: Component) -> None:
        """Wait for something that its new process does before it is ready. Raises as `await_port` does."""
        deadline, ended = Deadline.after(PORT_S), _Ended(self._spec, component, self._started)
        while not done():
            self._require_running(ended)
            if deadline.passed:
                raise NotReady(f"{component.name} does not begin to serve", detail=self.last_lines(component.name))
            time.sleep(POLL_S)

    def await_ready(self, component: Component, deadline: Deadline) -> bool:
        """Wait until its health check passes; returns whether that took a wait. Raises as `await_port` does."""
        ended, waited = _Ended(self._spec, component, self._started), False
        while (health := self.probe(component)).state is not State.READY:
            waited = True
            self._require_running(ended)
            if deadline.passed:
                raise NotReady(
                    f"{component.name} is not ready", detail=f"{health.detail}\n{self.last_lines(component.name)}".strip(),
                    hint=f"labctl logs {component.name}",
                )
            time.sleep(POLL_S)
        return waited

    def probe(self, component: Component) -> Health:
        path = component.health.path
        endpoint = component.health.port
        url = base_url(self._spec, self._spec.switches, endpoint, self._spec.ports[endpoint]) + path
        try:
            answer = get(url, timeout_s=1.0)
        except Unreachable as error:
            return Health(component.name, State.STARTING, f"{path} on {url}: {error.detail}")
        if answer.status != 200:                        # noqa: PLR2004 - HTTP's word for fine
            return Health(component.name, State.STARTING, f"{path} answered {answer.status}: {answer.excerpt()}")
        return Health(component.name, State.READY)

    def health(self, component: Component, process: Running | None) -> tuple[State, str, str]:
        """Its state, what is wrong with it, and the command that fixes it if that is not `labctl up`."""
        if process is None:
            log = processes.log_of(self._spec, component.name)
            last = "" if logs.is_of_before(log, self._lab_began) else logs.last_words(log)
            return State.ABSENT, "" if ORDINARY.search(last) else last, ""
        if daemons.is_stopped(process):
            return State.FAILED, "stopped by a signal", f"kill -CONT {process.pid}"
        seen = self.probe(component)
        if seen.state is State.STARTING and time.time() - process.started > STARTING_S:
            return State.FAILED, seen.detail, f"labctl logs {process.component}"
        if seen.state is State.READY and process.log_is_deleted():
            return State.DEGRADED, "its log file was deleted: what it writes is lost", "labctl up"
        return seen.state, seen.detail, ""

    def last_lines(self, component: str, count: int = 5) -> str:
        """The last lines of its log; if this `up` has started it, only lines since then."""
        began = self._started[component].log_size if component in self._started else 0
        return "\n".join(logs.last_lines(processes.log_of(self._spec, component), count, began))

    def _require_running(self, ended: "_Ended") -> None:
        if not ended.check():
            return
        code = "" if ended.code is None else f" by signal {-ended.code}" if ended.code < 0 else f" with exit code {ended.code}"
        lines = self.last_lines(ended.process)
        raise LabError(
            f"{ended.process} ended{code} while it was starting", detail=lines or "it wrote nothing to its log",
            hint=f"labctl logs {ended.process}",
        )


class _Ended:
    """Whether a component's process has exited: known at once for a child process, else after a few looks."""

    def __init__(self, spec: LabSpec, component: Component, started: Mapping[str, Started]) -> None:
        host = processes.hosted(component)
        self.process = host.component if host else component.name
        self.code: int | None = None
        self._lab = spec.name
        self._pid = started[self.process].pid if self.process in started else None
        self._looked, self._missed = time.monotonic(), 0

    def check(self) -> bool:
        if self._pid is not None:
            self.code = daemons.exit_code(self._pid)
            return self.code is not None
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_S:
            return False
        # during exec a process has no readable environment for a moment
        there = {one.component for one in daemons.running(self._lab)}
        self._looked, self._missed = now, 0 if self.process in there else self._missed + 1
        return self._missed >= MISSED
