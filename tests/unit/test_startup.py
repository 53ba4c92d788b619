"""What `labctl --help` must not load: every one of these costs more than the help itself."""

import subprocess
import sys

HEAVY = {
    "asyncio", "docker", "fastapi", "google", "grpc", "httptools", "httpx", "kubernetes", "opentelemetry", "psutil", "pydantic",
    "requests", "rich.live", "sqlite3", "urllib3", "uvicorn", "uvloop", "yaml",
    "labctl.config", "labctl.lab", "labctl.load", "labctl.targets", "labctl.telemetry",
    "labctl.viewer_client",
}
CODE = """
import sys
try:
    from labctl.cli import main
    main()
finally:
    print("\\n".join(sys.modules), file=sys.stderr)
"""


def loaded(*words: str) -> set[str]:
    command = [sys.executable, "-c", CODE, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    assert loaded("--help") & HEAVY == set()


def test_version_loads_nothing_heavy() -> None:
    assert loaded("version") & HEAVY == set()
