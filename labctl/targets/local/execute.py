"""Runs a command as a component's process would: with its environment, in its working folder, and with its Python on the PATH."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil

from labctl.errors import NotReady
from labctl.host import commands
from labctl.host.daemons import Running, is_token
from labctl.model import Command, CommandOutput


@dataclass(frozen=True, slots=True)
class _Place:
    env: Mapping[str, str]
    folder: Path


def execute(command: Command, process: Running | None) -> NoReturn:
    """The command replaces labctl, so that nothing stands between it and the terminal."""
    place = _place(command, process)
    os.environ["PATH"] = place.env["PATH"]              # by which it is found
    commands.become(command.argv, env=place.env, cwd=place.folder, stdin=command.stdin)


def output_of(command: Command, process: Running | None, timeout_s: float) -> CommandOutput:
    place = _place(command, process)
    done = commands.output_of(command.argv, timeout=timeout_s, env=place.env, cwd=place.folder)
    return CommandOutput(done.returncode, done.stdout, done.stderr)


def _place(command: Command, process: Running | None) -> _Place:
    if process is None:
        raise NotReady(f"the {command.component} does not run", hint="labctl up")
    env = {name: text for name, text in process.environment().items() if not is_token(name)}
    path = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
    try:
        return _Place({**env, "PATH": path}, Path(process.process.cwd()))
    except psutil.Error:
        raise NotReady(f"the {command.component} has just ended", hint="labctl status") from None
