"""C40, C41: `labctl dev` goes on whatever happens to its files, says what it saw, and leaves the lab as it is meanwhile."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from labctl.errors import Refused
from labctl.host.documents import kustomization
from labctl.lab.dev import require_readable
from tests.driver import ROOT, Driver, a_name


def copy_of_the_project(folder: Path) -> Path:
    for name in ("service", "manifests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Dockerfile", "kind-mcp-cluster.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


class Dev:
    """A `labctl dev` that is at work, and what it says."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self._said: Queue[str] = Queue()
        self.process = driver.start("dev", stderr=subprocess.STDOUT)
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as stream:
            for line in stream:
                self._said.put(line.rstrip())

    def says(self, *words: str) -> str:
        """The next line in which all of these are."""
        while True:
            line = self._said.get(timeout=60)
            assert "Traceback" not in line
            if all(word in line for word in words):
                return line


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    (tmp_path / "project").mkdir()
    running = Dev(Driver(a_name("case"), tmp_path / "state", cwd=copy_of_the_project(tmp_path / "project")))
    try:
        running.says("See one trace arrive", "spans arrived")
        yield running
        assert running.process.poll() is None           # it goes on to the end
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(20)
        running.driver.run("down", code=None)


def test_it_goes_on_whatever_happens_to_its_files(dev: Dev) -> None:
    project = dev.driver.cwd
    app, before = project / "service" / "app.py", dev.driver.pids()
    good = app.read_bytes()
    for bad, said in ((b"def (", "line 1"), (b"x = '\xe9'\n", "app.py"), (b"x = 1\0", "app.py")):
        app.write_bytes(good + b"\n" + bad)
        dev.says("service/app.py: not served")
        dev.says("error:", said, "the lab stays as it is")
    app.write_bytes(good)
    dev.says("service/app.py: nothing to change")
    assert dev.driver.pids() == before

    manifest = project / "manifests" / "collector-config.yaml"
    good = manifest.read_bytes()
    for bad, said in ((b"", "the file is empty"), (b"a: [", "not YAML"), ("ä".encode("latin-1"), "not UTF-8")):
        manifest.write_bytes(bad)
        dev.says("manifests/collector-config.yaml: not served")
        dev.says("error:", said)
    manifest.write_bytes(good)
    dev.says("collector-config.yaml: nothing to change")
    assert dev.driver.pids() == before

    (project / "service").rename(project / "away")
    dev.says("not served")
    dev.says("service/ is gone: the lab stays as it is")
    (project / "away").rename(project / "service")
    dev.says("nothing to change")
    for text in (b"# one\n", b"# two\n"):               # each a new file, as `sed -i` makes it
        fresh = project / "fresh"
        fresh.write_bytes((project / "Dockerfile").read_bytes() + text)
        fresh.replace(project / "Dockerfile")
        dev.says("Dockerfile: nothing to change")
    os.mkfifo(project / "service" / "fifo.py")
    (project / "service" / ".#app.py").symlink_to("user@host.1")
    (project / "service" / "new.py").write_text("x = 1\n")
    dev.says("service/new.py: started service; serving")
    assert dev.driver.pids()["service"] != before["service"]


def test_an_edit_of_the_settings_is_served_and_never_another_lab(dev: Dev) -> None:
    settings, before = dev.driver.cwd / ".env", dev.driver.pids()
    settings.write_text("DEFAULT_LATENCY_MS=7\n")
    dev.says(".env: started service", "DEFAULT_LATENCY_MS 100 → 7", "serving")
    assert dev.driver.pids()["service"] != before["service"]
    for text, said in (("LABCTL_CLUSTER=other\n", "LABCTL_CLUSTER has changed"), ("LABCTL_SERVICE_PRT=1\n", "no setting")):
        settings.write_text(text)
        dev.says(".env: not served")
        dev.says("error:", said)
    settings.unlink()
    dev.says(".env: started service", "serving")


def test_what_the_service_cannot_start_with_is_said_and_mended(dev: Dev) -> None:
    app, before = dev.driver.cwd / "service" / "app.py", dev.driver.pids()
    good = app.read_bytes()
    app.write_bytes(good + b"\nraise RuntimeError('not today')\n")
    dev.says("service/app.py: not served")
    dev.says("service ended with exit code")
    assert dev.driver.pids() == before          # the one before keeps the port, and serves on
    app.write_bytes(good)
    dev.says("service/app.py: nothing to change")


@pytest.mark.parametrize("overlay", [".", "kind"])
def test_an_empty_manifest_takes_nothing_away(tmp_path: Path, overlay: str) -> None:
    project = copy_of_the_project(tmp_path)
    assert kustomization.build(project / "manifests" / overlay).objects
    for file in sorted(kustomization.build(project / "manifests" / overlay).files):
        content = file.read_bytes()
        for nothing in (b"", b"---\n", b"# soon\n"):
            file.write_bytes(nothing)
            with pytest.raises(Refused, match=file.name):
                kustomization.build(project / "manifests" / overlay)
            with pytest.raises(Refused, match=file.name):
                require_readable(project, [file])
        file.write_bytes(content)
