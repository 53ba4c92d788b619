"""`labctl load` as a user types it, with a state folder of its own and no lab."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import preloaded
from tests.driver import LABCTL, ROOT, a_name

Load = Callable[..., dict[str, Any]]
Screen = Callable[..., str]


def ran(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "LABCTL_STATE_DIR": str(folder / "state"), "LABCTL_LAB": a_name("load"), "LABCTL_TARGET": "local"}
    found = preloaded.run([LABCTL, "load", *words], env, ROOT, 90)
    assert "Traceback" not in found.stderr + found.stdout
    assert "_ssl.c" not in found.stderr + found.stdout
    return found


def of_run(head: bytes, found: dict[str, Any]) -> bool:
    """Whether a request was one of the run, and not of what is sent before it to see how long an answer takes."""
    return f"traceparent: 00-{found['run_id']}".encode() in head
