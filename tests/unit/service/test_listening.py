"""The port is taken before anything else."""

import os
import socket
import subprocess
import sys

from tests.unit.service.conftest import ROOT


def test_an_address_that_cannot_be_had_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "service"], cwd=ROOT, env={**os.environ, "PORT": str(port)}, capture_output=True, text=True,
            timeout=30, check=False,
        )
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
