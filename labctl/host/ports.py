"""Which program listens on a port of this machine, and waiting until one does."""

import errno
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

import psutil

from labctl.errors import Refused, again
from labctl.host import daemons, waiting

LOOPBACK = "127.0.0.1"
LAST = 65535
CLOSED: Final = frozenset({
    psutil.CONN_TIME_WAIT, psutil.CONN_FIN_WAIT1, psutil.CONN_FIN_WAIT2, psutil.CONN_LAST_ACK, psutil.CONN_CLOSING,
})
HIGH = 50000                            # above it the suggested other port is lower, else higher


@dataclass(frozen=True, slots=True)
class ProcessHolder:
    """The program that listens on a port; pid is None where this user may not see it."""

    port: int
    pid: int | None
    command: str
    lab: str = ""                       # the lab to which it belongs
    component: str = ""
    passes: bool = False                # a closed connection, which the kernel forgets within a minute

    def __str__(self) -> str:
        if self.lab:
            return f"the {self.component} of the lab {self.lab} (pid {self.pid})"
        return f"{self.command} (pid {self.pid})" if self.pid else self.command


def taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def setting(name: str, port: int) -> str:
    return f"--set LABCTL_{name.upper()}_PORT={port}"


def require_free(wanted: Mapping[str, int], flag: Callable[[str, int], str] = setting) -> None:
    """Raises Refused with every port that is taken and its holder; by the port's name in the settings, such as `service`.

    `flag` gives a port another number on the command line.
    """
    holders = {name: holder(port) for name, port in wanted.items() if taken(port)}
    if not holders:
        return
    others = " ".join(flag(name, another(wanted[name])) for name in holders)
    hint = "\n".join([*_freeing(holders.values()), f"labctl up {others}"])
    if len(holders) == 1:
        [(name, by)] = holders.items()
        raise port_taken(f"{wanted[name]} ({name})", by, hint)
    lines = (f"{wanted[name]} ({name}) by {by}" for name, by in holders.items())
    raise Refused(f"{len(holders)} ports are taken", detail="\n".join(lines), hint=hint)


def _freeing(holders: Iterable[ProcessHolder]) -> list[str]:
    found = list(holders)
    labs = sorted({holder.lab for holder in found})
    if all(labs):
        return [" && ".join(f"labctl down --lab {lab}" for lab in labs)]
    return [f"sleep 60; {again()}"] if all(holder.passes for holder in found) else []


def another(port: int) -> int:
    """A free one whose number still tells which it is meant for."""
    step = 10000 if port < HIGH else -10000
    others = (other for other in range(port + step, port + 5 * step, step) if 0 < other <= LAST)
    return next((other for other in others if not taken(other)), port + step)


def free(number: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def port_taken(port: int | str, by: object, hint: str) -> Refused:
    """What a user reads of it, whoever found it."""
    return Refused(f"port {port} is taken by {by}", hint=hint)


def answers(port: int) -> bool:
    """Whether a connection to the port succeeds now."""
    try:
        connect(port, 0.5).close()
    except OSError:
        return False
    return True


def connect(port: int, timeout_s: float) -> socket.socket:
    """A connection to this machine. `socket.create_connection` would load IDNA tables for 30 ms to resolve 127.0.0.1."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.settimeout(timeout_s)
        opened.connect((LOOPBACK, port))
    except BaseException:
        opened.close()
        raise
    return opened


def wait_until_answers(port: int, seconds: float) -> bool:
    return waiting.until(lambda: answers(port), seconds, every=0.005)


def holder(port: int) -> ProcessHolder:
    """The program that listens on `port`, as far as this user may see it."""
    found = (holder_of(port, pid) for pid in _listening_pids(port))
    return next(filter(None, found), None) or _unlistening(port)


def _unlistening(port: int) -> ProcessHolder:
    """What is known of a port that no visible program listens on: a connection has it, or a program that is not visible."""
    try:
        states = {one.status: one.pid for one in psutil.net_connections(kind="tcp") if one.laddr and one.laddr.port == port}
    except psutil.AccessDenied:
        states = {psutil.CONN_LISTEN: None}
    if psutil.CONN_LISTEN in states:
        return ProcessHolder(port, None, "a program of another user")
    if not states:
        return ProcessHolder(port, None, "something that cannot be seen from here, or that has just ended")
    connected = next((holder for pid in states.values() if pid and (holder := holder_of(port, pid))), None)
    if connected:
        return replace(connected, command=f"a connection of {connected.command}")
    passes = set(states) <= CLOSED
    return ProcessHolder(port, None, f"a connection in the state {', '.join(sorted(states))}", passes=passes)


def holder_of(port: int, pid: int) -> ProcessHolder | None:
    """None where it has just ended."""
    try:
        process = psutil.Process(pid)
        command = " ".join(" ".join(process.cmdline()[:3]).split()) or process.name()
        return ProcessHolder(port, pid, command, *daemons.owner(process))
    except psutil.Error:
        return None


def listening() -> dict[int, int]:
    """The process that listens on each port, as far as this user may see it."""
    try:
        found = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return {}
    return {c.laddr.port: c.pid for c in found if c.status == psutil.CONN_LISTEN and c.laddr and c.pid}


def _listening_pids(port: int) -> list[int]:
    try:
        found = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return _listening_among_own(port)           # on macOS only root can list the connections of all processes
    return [c.pid for c in found if c.pid and c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port]


def _listening_among_own(port: int) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            sockets = process.net_connections(kind="tcp")
        except psutil.Error:
            continue
        if any(s.status == psutil.CONN_LISTEN and s.laddr and s.laddr.port == port for s in sockets):
            found.append(process.pid)
    return found
