"""Runs a command in a component's container, with our terminal or for its output."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Final

from labctl.components import Component
from labctl.errors import LabError, NotReady
from labctl.host import terminal
from labctl.model import Command, CommandOutput
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.network.exec_stream import SIZE, STDERR, STDIN, STDOUT, ExecStream
from labctl.targets.kubernetes.ownership import pods_of

LOOK_EVERY_S: Final = 0.25              # at the terminal's size
BLOCK: Final = 1 << 16
Write = Callable[[bytes], object]


def execute(kube: Kube, names: LabNames, component: Component, command: Command) -> int:
    """The command's exit code. Raises LabError where it cannot be started."""
    with contextlib.closing(_start(kube, names, component, command)) as stream:
        with terminal.raw() if command.tty and command.stdin else contextlib.nullcontext():
            _pump(stream, command)
        return _code(stream, component)


def output_of(kube: Kube, names: LabNames, component: Component, command: Command, timeout_s: float) -> CommandOutput:
    """Raises NotReady when it takes longer than that."""
    written = {STDOUT: bytearray(), STDERR: bytearray()}
    deadline = time.monotonic() + timeout_s
    with contextlib.closing(_start(kube, names, component, command)) as stream:
        while (left := deadline - time.monotonic()) > 0:
            received = stream.receive() if stream.wait([], left) else []
            if received is None:
                return CommandOutput(_code(stream, component), bytes(written[STDOUT]), bytes(written[STDERR]))
            for channel, content in received:
                if channel in written:
                    written[channel] += content
    raise NotReady(f"{command.argv[0]} in the {component.name} did not end within {timeout_s:g} s")


def _start(kube: Kube, names: LabNames, component: Component, command: Command) -> ExecStream:
    running = [pod for pod in pods_of(kube, names, component.name) if _runs(pod)]
    if not running:
        raise NotReady(f"no pod of the {component.name} runs", hint=f"labctl describe {component.name}")
    pod = max(running, key=lambda one: ("deletionTimestamp" not in one["metadata"], one["metadata"]["creationTimestamp"]))
    containers = [container["name"] for container in pod["spec"]["containers"]]
    container = component.name if component.name in containers else containers[0]
    return ExecStream(kube.access, path("Pod", names.namespace, pod["metadata"]["name"]), container, command)


def _runs(pod: Object) -> bool:
    return any("running" in status.get("state", {}) for status in pod["status"].get("containerStatuses") or ())


def _pump(stream: ExecStream, command: Command) -> None:
    """Pass everything on in both directions until the command ends."""
    writers: dict[int, Write] = {STDOUT: sys.stdout.buffer.write, STDERR: sys.stderr.buffer.write}
    flush = {STDOUT: sys.stdout.flush, STDERR: sys.stderr.flush}
    stdin = [sys.stdin.fileno()] if command.stdin else []
    shown = None
    while True:
        if command.tty and (size := terminal.size()) != shown:
            shown = size
            stream.send(SIZE, json.dumps({"Width": size[0], "Height": size[1]}).encode())
        for ready in stream.wait(stdin, LOOK_EVERY_S if command.tty else 3600.0):
            if ready in stdin:
                if content := os.read(ready, BLOCK):
                    stream.send(STDIN, content)
                else:
                    stream.end_stdin()
                    stdin = []
                continue
            received = stream.receive()
            if received is None:
                return
            for channel, content in received:
                if channel in writers and content:
                    writers[channel](content)
                    flush[channel]()


def _code(stream: ExecStream, component: Component) -> int:
    try:
        return stream.exit_code()
    except LabError as error:
        # Kubernetes has no field that tells a program that is missing from one that may not be run
        hint = f"{component.cluster.programs}; labctl check --from service"
        raise LabError(error.message, detail=error.detail, hint=hint) from None
