"""Which program listens on a port of this machine, and waiting until one does."""

import errno
import socket
from dataclasses import dataclass

import psutil

from labctl.errors import Refused
from labctl.host import waiting

LOOPBACK = "127.0.0.1"
HIGH = 50000                            # above it the suggested other port is lower, else higher


@dataclass(frozen=True, slots=True)
class ProcessHolder:
    """The program that listens on a port; pid is None where this user may not see it."""

    port: int
    pid: int | None
    command: str

    def __str__(self) -> str:
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


def require_free(port: int, endpoint: str) -> None:
    """Raises Refused with the program that has the port; `endpoint` is the port's name in the settings, such as `service`."""
    if taken(port):
        other = f"LABCTL_{endpoint.upper()}_PORT={port + 10000 if port < HIGH else port - 10000}"
        raise port_taken(f"{port} ({endpoint})", holder(port), f"end that program, or: labctl up --set {other}")


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
    for pid in _listening_pids(port):
        try:
            process = psutil.Process(pid)
            return ProcessHolder(port, pid, " ".join(" ".join(process.cmdline()[:3]).split()) or process.name())
        except psutil.Error:
            continue
    return ProcessHolder(port, None, "a program of another user")


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
