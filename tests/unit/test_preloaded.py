"""A command in a copy of a process that has imported labctl already is the command that a user starts."""

import os
import subprocess
from pathlib import Path

import pytest

from tests import preloaded
from tests.driver import LABCTL
from tests.unit.load.servers import hang, serving


@pytest.mark.parametrize("words", [("config",), ("runs", "-o", "json"), ("trace", "nonsense"), ("load", "--rps", "nan")])
def test_it_prints_the_same_and_ends_the_same(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / ".env").write_text("DEFAULT_LATENCY_MS=7\n")
    env = {**os.environ, "LABCTL_LAB": "no-such-lab", "LABCTL_STATE_DIR": str(tmp_path / "state"), "LABCTL_TARGET": "local"}
    copied = preloaded.run([LABCTL, *words], env, tmp_path, 60)
    begun = subprocess.run([LABCTL, *words], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (copied.returncode, copied.stdout, copied.stderr) == (begun.returncode, begun.stdout, begun.stderr)


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with serving(hang) as url, pytest.raises(subprocess.TimeoutExpired):
        preloaded.run([LABCTL, "load", "--url", url], {**os.environ, "LABCTL_STATE_DIR": str(tmp_path)}, tmp_path, 0.5)
