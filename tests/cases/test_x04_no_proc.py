"""X04: a mount namespace without /proc: one line with the cause."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.driver import LABCTL, Driver, a_name

WITHOUT_PROC = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]


def _can_unmount() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*WITHOUT_PROC, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_unmount(), reason="no mount namespace can be made here")
@pytest.mark.parametrize("command", ["status", "up", "down"])
def test_the_cause_is_said(tmp_path: Path, command: str) -> None:
    lab = Driver(a_name("noproc"), tmp_path)
    done = subprocess.run([*WITHOUT_PROC, LABCTL, command], env=lab.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    assert "/proc is not mounted" in done.stderr
    assert "internal error" not in done.stderr
