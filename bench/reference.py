"""A server of which it is known how long it takes, since it keeps a clock: reference_server.c, compiled where it is used."""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass
class Reference:
    port: int
    count: int = 0                      # from here on once it has ended
    p50: float = 0.0                    # milliseconds
    p99: float = 0.0
    max: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/predict"


@contextlib.contextmanager
def reference(delay_ms: float, stall_after_ms: float = 1e9, stall_ms: float = 0.0) -> Iterator[Reference]:
    """It says what it measured when the block has ended."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "reference_server"
        subprocess.run(["cc", "-O2", "-Wall", "-o", program, HERE / "reference_server.c"], check=True)
        argv = [program, str(delay_ms), str(stall_after_ms), str(stall_ms)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as server:
            assert server.stdout
            found = Reference(int(server.stdout.readline()))
            try:
                yield found
            finally:
                server.terminate()
            for name, value in json.loads(server.stdout.readline()).items():
                setattr(found, name, value)
