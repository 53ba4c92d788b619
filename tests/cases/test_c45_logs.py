"""C45, C47: a large log's end costs what the end costs, a log stays small while it is written, and few open files are named."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from labctl.host import daemons, waiting
from labctl.targets.local import log_rotation
from tests.driver import LABCTL, Driver, a_name

LINE = json.dumps({"timestamp": "2026-01-01T00:00:00Z", "level": "INFO", "message": "x" * 180}) + "\n"


def test_the_end_of_a_large_log_is_cheap(tmp_path: Path) -> None:
    driver = Driver(a_name("case"), tmp_path)
    with driver.up():
        folder = tmp_path / driver.name / "logs"
        rotation = next(one for one in daemons.running(driver.name) if one.component == "log-rotation")
        rotation.process.kill()                         # or it would not stay large
        with (folder / "service.log").open("a") as file:
            file.writelines([LINE * 1000] * 500)        # 110 MB
            file.write('{"message": "the last"}\n')
        code = (
            "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
            "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
            "print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)"
        )
        argv = [sys.executable, "-c", code, LABCTL, "logs", "service", "--tail", "10"]
        done = subprocess.run(argv, env=driver.env, capture_output=True, text=True, timeout=60, check=True)
        memory_kb, cpu_s = (float(word) for word in done.stderr.split())
        assert len(done.stdout.splitlines()) == 10
        assert "the last" in done.stdout
        assert memory_kb < 60_000
        assert cpu_s < 1.5              # the whole file takes several times that
        driver.run("up")
        assert waiting.until(lambda: (folder / "service.log").stat().st_size < log_rotation.MAX_BYTES, 20)
        assert (folder / "service.old.log").stat().st_size <= 2 * log_rotation.MAX_BYTES
        assert "the last" in driver.run("logs", "service", "--tail", "30").stdout


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 1024, reason="this shell allows no more itself")
def test_few_open_files_are_named_and_a_soft_limit_does_not_matter(tmp_path: Path) -> None:
    driver = Driver(a_name("case"), tmp_path)
    for kind, said in (("-Sn", False), ("-n", True)):
        limited = ["sh", "-c", f'ulimit {kind} 64 && exec "$0" "$@"', LABCTL]
        done = subprocess.run([*limited, "up"], env=driver.env, capture_output=True, text=True, timeout=60, check=False)
        try:
            assert done.returncode == 0, done.stderr
            assert ("only 64 open files are allowed" in done.stderr) is said
        finally:
            driver.run("down")
