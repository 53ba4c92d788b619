"""C36: with TERM=dumb or NO_COLOR, an error on a terminal holds no escape code; neither does any other screen."""

import os
import pty
import select
import subprocess
import sys
import time
from itertools import cycle, product

import pytest

ESC = "\x1b"
PLAIN = [{"TERM": "dumb"}, {"NO_COLOR": "1", "TERM": "xterm-256color"}, {"CLICOLOR": "0", "TERM": "xterm-256color"}]
OURS = [("trace", "no-such-id"), ("status",), ("up", "--set", "LABCTL_NO_SUCH=1"), ("config",), ("doctor",)]
OF_TYPER = [("no-such-command",), ("load", "--help")]           # which decides by itself
# what is ours is written by one console, whatever the command
CASES = [*product(OF_TYPER, PLAIN), *zip(OURS, cycle(PLAIN), strict=False)]


def on_a_terminal(words: tuple[str, ...], env: dict[str, str]) -> str:
    """What a command writes when both of its streams are a terminal."""
    parent, child = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in {"TERM", "NO_COLOR", "CLICOLOR", "FORCE_COLOR"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "labctl", *words], stdin=child, stdout=child, stderr=child, env={**kept, "COLUMNS": "100", **env},
    )
    os.close(child)
    written = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([parent], [], [], 0.1)[0]:
            try:
                chunk = os.read(parent, 65536)
            except OSError:             # how Linux says that nobody holds the other end any more
                break
            if not chunk:
                break
            written += chunk
    process.wait(10)
    os.close(parent)
    return written.decode(errors="replace")


@pytest.mark.parametrize(("words", "env"), CASES, ids=" ".join)
def test_a_plain_terminal_gets_no_escape_codes(words: tuple[str, ...], env: dict[str, str], tmp_path: object) -> None:
    said = on_a_terminal((*words,), {**env, "LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": "nobodys-lab"})
    assert said.strip()
    assert ESC not in said, said


def test_another_terminal_gets_colours(tmp_path: object) -> None:
    env = {"TERM": "xterm-256color", "LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": "nobodys-lab"}
    assert f"{ESC}[31merror:" in on_a_terminal(("status",), env)
