"""labctl in processes that are forked from one which has imported it already: imports are most of what a short command costs.

Each command is still a process with an environment, a folder and pipes of its own. What is not seen in this way is the start of
the interpreter, and whether a command imports all that it uses: the tests of the README and of the wheel start it afresh.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, NoReturn

MOST = 1 << 20                          # bytes of a request
OTHERS = ("labctl.telemetry.", "labctl.load.generator.", "labctl.__main__")      # what other processes run
LATE = ("docker", "encodings.idna", "rich._emoji_codes")        # what commands import within functions


def run(words: Sequence[str], env: Mapping[str, str], cwd: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """The first word is the path of labctl. Raises TimeoutExpired once the command has been killed."""
    if sys.platform != "linux":         # elsewhere a process whose libraries have begun is not safely copied
        return subprocess.run(words, env=env, cwd=cwd, capture_output=True, text=True, timeout=timeout_s, check=False)
    pipes = [os.pipe() for _ in range(3)]
    try:
        request = json.dumps({"words": words, "env": dict(env), "cwd": str(cwd), "timeout_s": timeout_s}).encode()
        socket.send_fds(_server(), [request], [writer for _, writer in pipes])
    finally:
        for _, writer in pipes:
            os.close(writer)
    out, err, code = _read([reader for reader, _ in pipes])
    if not code:
        raise subprocess.TimeoutExpired(words, timeout_s, out, err)
    return subprocess.CompletedProcess(words, int(code), out.decode(), err.decode())


def _read(readers: Sequence[int]) -> list[bytes]:
    """All that comes from each until its end."""
    found = {reader: bytearray() for reader in readers}
    with DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader, EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                if part := os.read(key.fd, 1 << 16):
                    found[key.fd] += part
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [bytes(text) for text in found.values()]


@cache
def _server() -> socket.socket:
    """It ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        argv = [sys.executable, "-P", __file__, str(theirs.fileno())]
        process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(requests: socket.socket) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)        # it comes to the tests, which end this process
    _import_all()
    gc.collect()
    gc.freeze()
    while True:
        content, pipes, *_ = socket.recv_fds(requests, MOST, 3)
        if not content:
            return
        if os.fork() == 0:
            requests.close()
            _watch(json.loads(content), *pipes)
        for pipe in pipes:
            os.close(pipe)
        _reap()


def _import_all() -> None:
    names = [module.name for module in pkgutil.walk_packages(importlib.import_module("labctl").__path__, "labctl.")]
    for name in (*(name for name in names if not name.startswith(OTHERS)), *LATE):
        importlib.import_module(name)

    from labctl.targets.kubernetes import kube

    kube._import()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _watch(request: dict[str, Any], out: int, err: int, told: int) -> NoReturn:
    """Start the command, end it when its time is over, and tell its exit code where it has ended by itself."""
    pid = os.fork()
    if pid == 0:
        os.close(told)
        _become_labctl(request, out, err)
    os.close(out)
    os.close(err)
    late = False

    def end(*_: object) -> None:
        nonlocal late
        late = True
        os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, request["timeout_s"])
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(told, b"" if late else str(code).encode())
    os._exit(0)


def _become_labctl(request: dict[str, Any], out: int, err: int) -> NoReturn:
    import labctl
    from labctl.cli import main

    for descriptor, number in ((out, 1), (err, 2)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # as the interpreter opens them
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace")
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv = request["words"]
    labctl.BEGUN = time.monotonic()
    main()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
