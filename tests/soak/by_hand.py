"""A fault made by hand, without labctl: what a person does to processes, and whether `labctl why` names it first.

The expectations are those of the fault table, by the fault that it amounts to.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from bench.fault_expectations import EXPECTED
from bench.fault_ranks import rank_of
from tests.driver import Driver

GONE_S = 10.0


def process_of(lab: Driver, component: str) -> psutil.Process:
    return psutil.Process(lab.pids()[component])


def killed(process: psutil.Process) -> None:
    process.kill()
    psutil.wait_procs([process], GONE_S)


def started_again(
    lab: Driver, component: str, env: Mapping[str, str] | None = None, edit: tuple[str, str] | None = None, last: str = "",
) -> None:
    """With other variables, another word in its configuration file, or another last word of its command."""
    process = process_of(lab, component)
    argv, variables, folder = process.cmdline(), process.environ(), process.cwd()
    log = lab.state / lab.name / "logs" / f"{component}.log"
    if edit:
        path = lab.state / lab.name / "collector.yaml"
        before, after = edit
        text = path.read_text()
        assert before in text, before
        path.write_text(text.replace(before, after))
    killed(process)
    words = [*argv[:-1], last] if last else argv
    with log.open("ab") as file:
        subprocess.Popen(
            words, env={**variables, **(env or {})}, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,
        ).returncode = 0


def signalled(lab: Driver, component: str, number: signal.Signals) -> None:
    os.kill(lab.pids()[component], number)


def findings(lab: Driver) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.json("why", code=None, timeout=60)["findings"]
    return found


def named_first(lab: Driver, fault: str, within_s: float = 20.0) -> dict[str, Any]:
    """The first finding, once it names the fault: what was just begun by hand takes a moment to show."""
    deadline, found = time.monotonic() + within_s, findings(lab)
    while rank_of(EXPECTED[fault], found) != 1 and time.monotonic() < deadline:
        found = findings(lab)
    shown = [f"{one['kind']} {one['component']}: {one['message']}" for one in found]
    assert rank_of(EXPECTED[fault], found) == 1, shown
    return found[0]


def mended_by(lab: Driver, remedy: str) -> None:
    """The remedy as it is printed, in a shell with labctl on its path."""
    env = {**lab.env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{lab.env['PATH']}"}
    done = subprocess.run(["bash", "-c", remedy], env=env, cwd=lab.cwd, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    lab.run("check", "--timeout", "15s")
