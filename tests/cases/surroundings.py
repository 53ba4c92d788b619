"""labctl in bad surroundings: another environment, another current folder; an answer of a few lines and never a traceback."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests import preloaded
from tests.driver import LABCTL, a_name


def labctl(*words: str, env: Mapping[str, str | bytes | None], cwd: Path | None = None, prefix: tuple[str, ...] = (),
           timeout: float = 30, afresh: bool = True) -> subprocess.CompletedProcess[str]:
    """Run it with variables of our own, None for one that is not to be there. The lab's name is one that nobody has.

    `afresh`: in an interpreter of its own, which what is tried may concern.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "LABCTL_"))}
    given = {**clean, "LABCTL_LAB": a_name("case"), "LABCTL_TARGET": "local", **env}
    argv = [*prefix, LABCTL, *words]
    kept = {name: value for name, value in given.items() if value is not None}
    if afresh:
        done = subprocess.run(
            argv, env=kept, cwd=cwd, capture_output=True, text=True, errors="replace", timeout=timeout, check=False,
            stdin=subprocess.DEVNULL,
        )
    else:
        text = {name: value for name, value in kept.items() if isinstance(value, str)}
        done = preloaded.run(argv, text, cwd or Path.cwd(), timeout)
    assert "Traceback" not in done.stderr, done.stderr
    assert "internal error in labctl" not in done.stderr, done.stderr
    return done


def first_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.partition("\n")[0]
