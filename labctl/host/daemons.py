"""Processes that outlive this command, found again by the token that each has in its environment.

Subtle: no pid file is ever trusted. A process belongs to a lab when its environment says so, and psutil compares the start
time before it signals, so a recycled pid is never hit. The token's name holds a dot and a slash, which no shell can export,
so a user's own processes cannot have it by accident.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from labctl.errors import LabError, Refused, os_reason
from labctl.host import open_files, waiting
from labctl.host.documents import parse_json, private_opener

LAB = "labctl.dev/lab"
BESIDE = "labctl.dev/beside"            # instead of LAB: of a program beside the lab, which is none of its components
COMPONENT = "labctl.dev/component"
FINGERPRINT = "labctl.dev/fingerprint"
LISTENS = "labctl.dev/listens"
GIVEN = "labctl.dev/given"
SWITCHES = "labctl.dev/switches"
PRIVATE = 0o077                         # the umask of a daemon: its files are this user's alone
KILLED_S = 5.0                          # how long the kernel may take over a SIGKILL
POLL_S = 0.005
PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Daemon:
    """One process to run. `listens` maps an endpoint's name to its port, `fingerprint` changes when it must be restarted.

    `given` are the settings in its environment that a user has given, with their source; `switches` the lab's, which it keeps.
    """

    component: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    listens: Mapping[str, int]
    fingerprint: str
    given: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    restart: bool = False               # although the fingerprint may be the same: somebody has changed one of its files
    reload: bool = False                # the same of one that reads its files again by itself


@dataclass(frozen=True, slots=True)
class Running:
    lab: str
    component: str
    pid: int
    started: float                      # Unix seconds
    fingerprint: str
    listens: Mapping[str, int]
    process: psutil.Process

    def listening(self) -> set[int]:
        """The ports on which it actually listens."""
        try:
            return {c.laddr.port for c in self.process.net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN}
        except psutil.Error:
            return set()

    def environment(self) -> dict[str, str]:
        """Its environment variables; none where they cannot be read."""
        return _environ(self.process)

    def given_settings(self) -> dict[str, str] | None:
        """The settings that it was given by a user, with their source; None where that is unknown."""
        return self._texts(GIVEN)

    def switches(self) -> dict[str, str] | None:
        """Those of the lab when it was started; None where they cannot be read."""
        return self._texts(SWITCHES)

    def _texts(self, variable: str) -> dict[str, str] | None:
        text = self.environment().get(variable)
        if text is None:
            return None
        return {name: node.text() for name, node in parse_json(text.encode(errors="replace"), variable).fields().items()}

    def arguments(self) -> list[str]:
        """Its command line; none where it cannot be read."""
        try:
            return self.process.cmdline()
        except psutil.Error:
            return []

    def runs(self, daemon: Daemon) -> bool:
        """Whether it is the daemon, unchanged: by its fingerprint, and by what it really runs with."""
        env, words = self.environment(), self.arguments()
        # the launcher of a program adds to its search path, and may be gone from the command line
        as_given = all(env.get(name) == value for name, value in daemon.env.items() if name != "PYTHONPATH")
        return self.fingerprint == daemon.fingerprint and not daemon.restart and as_given and _same_command(words, daemon.argv)

    def log_is_deleted(self) -> bool:
        """Whether it writes into a file that has no name any more; False where nobody can tell."""
        try:
            return Path(f"/proc/{self.pid}/fd/1").stat().st_nlink == 0
        except OSError:
            return False


def start(lab: str, daemon: Daemon, mark: str = LAB) -> int:
    """Start in a session of its own with the log as its output, so that it survives this command and its terminal."""
    env = environment(daemon)
    open_files.raise_limit()            # the new process inherits it
    env |= token(lab, daemon.component, mark) | {FINGERPRINT: daemon.fingerprint, LISTENS: json.dumps(dict(daemon.listens))}
    env |= {GIVEN: json.dumps(dict(daemon.given)), SWITCHES: json.dumps(dict(daemon.switches))}
    try:
        with open(daemon.log, "ab", opener=private_opener) as log:
            process = subprocess.Popen(
                daemon.argv, env=env, cwd=daemon.log.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, umask=PRIVATE,
            )
    except OSError as error:
        raise LabError(f"{daemon.component} cannot be started: {os_reason(error)}", detail=" ".join(daemon.argv)) from None
    process.returncode = 0              # it shall outlive this object, which would otherwise warn
    return process.pid


def environment(daemon: Daemon) -> dict[str, str]:
    """The environment that it is given, without the token."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(daemon.env)


def exit_code(pid: int) -> int | None:
    """The exit code of a child process; None while it runs. Below zero: ended by that signal."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if ended else None


def is_stopped(process: Running) -> bool:
    """Whether it was stopped by SIGSTOP or SIGTSTP, and waits for SIGCONT."""
    try:
        return process.process.status() in {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP}
    except psutil.Error:
        return False


def token(lab: str, component: str, mark: str = LAB) -> dict[str, str]:
    """The part of a process's environment by which `running` finds it."""
    return {mark: lab, COMPONENT: component}


def is_token(name: str) -> bool:
    """Whether a variable is part of the token, and not of the program's own environment."""
    return name.startswith("labctl.dev/")


def running(lab: str, mark: str = LAB) -> list[Running]:
    """Every process of this lab that is alive, oldest first; children of its components too."""
    found = (_recognise(process, env) for process, env in _marked(mark) if env[mark] == lab)
    return sorted((one for one in found if one), key=lambda one: one.started)


def labs() -> set[str]:
    """The names of all labs that have a process on this machine."""
    return {env[LAB] for _, env in _marked()}


def owner(process: psutil.Process) -> tuple[str, str]:
    """The lab and the component of a process; empty where it belongs to none."""
    env = _environ(process)
    return env.get(LAB, ""), env.get(COMPONENT, "")


def stop(processes: Iterable[Running], grace_s: float) -> list[Running]:
    """SIGTERM, then SIGKILL after `grace_s` seconds. Returns those that had to be killed."""
    wanted = list(processes)
    _each(wanted, psutil.Process.terminate)
    _each(wanted, psutil.Process.resume)                # a stopped process would never handle SIGTERM
    stubborn = _wait(wanted, grace_s)
    _each(stubborn, psutil.Process.kill)
    _wait(stubborn, KILLED_S)
    return stubborn


def await_end(processes: Iterable[Running], seconds: float) -> None:
    """Wait until they have ended by themselves, for `seconds` at most."""
    _wait(list(processes), seconds)


def kill(processes: Iterable[Running]) -> None:
    """SIGKILL, without the chance to end in order."""
    wanted = list(processes)
    _each(wanted, psutil.Process.kill)
    _wait(wanted, KILLED_S)


def hang_up(process: Running) -> None:
    """SIGHUP, by which a collector begins anew in the same process, and Prometheus reads its files again."""
    with suppress(psutil.Error):
        process.process.send_signal(signal.SIGHUP)


def suspend(process: Running) -> None:
    """SIGSTOP."""
    _each([process], psutil.Process.suspend)


def _wait(processes: list[Running], seconds: float) -> list[Running]:
    """The processes that still run after `seconds`. A zombie counts as ended."""
    return waiting.until(
        lambda: [one for one in processes if _runs(one.process)], seconds, every=POLL_S, done=lambda alive: not alive,
    )


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _each(processes: Iterable[Running], signal: Callable[[psutil.Process], None]) -> None:
    for one in processes:
        try:
            signal(one.process)
        except psutil.Error:
            continue


def _marked(mark: str = LAB) -> Iterator[tuple[psutil.Process, dict[str, str]]]:
    """Processes of this user that carry a token, with their environment; most do not, and asking for the user costs more."""
    if sys.platform == "linux" and not Path("/proc/self").exists():
        raise Refused("the processes of this machine cannot be seen: /proc is not mounted", hint="mount -t proc proc /proc")
    for process in psutil.process_iter():
        env = _environ(process)
        if env.get(mark) and process.pid != os.getpid() and _is_own(process):
            yield process, env


def _is_own(process: psutil.Process) -> bool:
    try:
        return bool(process.uids().real == os.getuid())
    except psutil.Error:
        return False


def _environ(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def _recognise(process: psutil.Process, env: Mapping[str, str]) -> Running | None:
    try:
        started = process.create_time()
    except psutil.Error:
        return None
    if not _runs(process):
        return None
    lab = env.get(LAB) or env[BESIDE]
    return Running(lab, env.get(COMPONENT, ""), process.pid, started, env.get(FINGERPRINT, ""), _listens(env), process)


def _same_command(words: Sequence[str], argv: Sequence[str]) -> bool:
    """Apart from the program, which a launcher or a wrapper replaces; True where nobody can tell."""
    short, long = sorted((list(words), list(argv)), key=len)
    return long[len(long) - len(short) + 1:] == short[1:]


def _listens(env: Mapping[str, str]) -> dict[str, int]:
    ports = parse_json(env.get(LISTENS, "{}").encode(errors="replace"), LISTENS)
    return {name: port.integer() for name, port in ports.fields().items()}
