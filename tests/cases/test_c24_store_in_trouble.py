"""C24: a locked store is waited for, a full disk passes; nothing committed is deleted. What is damaged is put aside whole."""

import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from labctl.host.http import Unreachable, get
from tests.driver import Driver, a_name, path_without_collector
from tests.unit.telemetry import requests
from tests.viewer import Viewer


def spans_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as store:
        return int(store.execute("SELECT count(*) FROM spans").fetchone()[0])


@pytest.mark.timeout(120)
def test_a_locked_store_is_waited_for(viewer: Viewer) -> None:
    viewer.send(requests.traces(100))
    viewer.kill()
    with closing(sqlite3.connect(viewer.db, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        released = threading.Timer(14, other.close)          # longer than a statement waits
        released.start()
        viewer.start()
        released.join()
    assert viewer.counts()["spans"] == 200
    assert get(f"{viewer.url}/health").json()["store_put_aside"] == ""
    assert "locked by another process" in viewer.log.read_text()
    assert not list(viewer.db.parent.glob("*unreadable*"))


def test_while_it_is_locked_senders_are_told_to_try_again(viewer: Viewer) -> None:
    viewer.send(requests.traces(1))
    with closing(sqlite3.connect(viewer.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = viewer.send(requests.traces(1, first=5))     # after as long as a statement waits
        other.execute("ROLLBACK")
    assert answer.status == 503
    assert viewer.send(requests.traces(1, first=5)).status == 200
    assert viewer.counts()["spans"] == 4
    assert viewer.counts()["failed"] == {"traces.http": 1}


@pytest.mark.parametrize("trouble", ["full disk", "no -shm", "a folder"])
def test_a_file_that_cannot_be_opened_is_left_alone(tmp_path: Path, trouble: str) -> None:
    viewer = Viewer(tmp_path)
    viewer.send(requests.traces(10))
    viewer.kill()
    kept, wal = viewer.db.read_bytes(), Path(f"{viewer.db}-wal").read_bytes()
    shm = Path(f"{viewer.db}-shm")
    shm.unlink()
    argv = [*viewer.argv()]
    if trouble == "full disk":
        argv = ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", *argv]          # no file may grow over half a kilobyte
    elif trouble == "no -shm":
        shm.mkdir()
    else:
        argv[argv.index(str(viewer.db))] = str(tmp_path)
    process = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == 4
    assert "left unchanged" in process.stderr
    assert "Traceback" not in process.stderr
    if trouble == "no -shm":
        shm.rmdir()
    assert (viewer.db.read_bytes(), Path(f"{viewer.db}-wal").read_bytes()) == (kept, wal)
    viewer.start()
    assert viewer.counts()["spans"] == 20
    viewer.kill()


def test_a_disk_that_becomes_full_passes(tmp_path: Path) -> None:
    viewer = Viewer(tmp_path)
    viewer.kill()
    viewer.process = subprocess.Popen(["sh", "-c", 'ulimit -f 8000; exec "$@"', "sh", *viewer.argv()])       # 4 MB
    first, statuses = 1, []
    while 503 not in statuses:
        try:
            statuses.append(viewer.send(requests.traces(500, first=first)).status)
        except Unreachable:
            continue
        first += 500
    assert set(statuses) == {200, 503}
    assert viewer.counts()["spans"] == 1000 * statuses.count(200)
    viewer.kill()
    viewer.start()
    assert viewer.send(requests.traces(500, first=first - 500)).status == 200
    assert viewer.counts()["spans"] == 1000 * len(statuses)
    assert not list(tmp_path.glob("*unreadable*"))
    viewer.kill()


def test_damage_puts_the_store_aside_with_its_wal(viewer: Viewer) -> None:
    viewer.send(requests.traces(10))
    viewer.kill()
    wal = Path(f"{viewer.db}-wal").read_bytes()
    assert wal
    damaged = bytes(100) + viewer.db.read_bytes()[100:]
    viewer.db.write_bytes(damaged)
    wal = wal[:32] + bytes(len(wal) - 32)                    # or the pages in it would do instead
    Path(f"{viewer.db}-wal").write_bytes(wal)
    viewer.start()
    name = get(f"{viewer.url}/health").json()["store_put_aside"]
    aside = viewer.db.parent / name
    assert aside.read_bytes() == damaged
    assert Path(f"{aside}-wal").read_bytes() == wal
    assert viewer.counts()["spans"] == 0


def test_another_versions_store_is_put_aside_and_can_be_read(viewer: Viewer) -> None:
    viewer.send(requests.traces(10))
    viewer.kill()
    with closing(sqlite3.connect(viewer.db)) as store:
        store.execute("PRAGMA user_version = 99")
    viewer.start()
    aside = viewer.db.parent / get(f"{viewer.url}/health").json()["store_put_aside"]
    assert spans_in(aside) == 20


def test_kills_in_a_row_lose_and_double_nothing(viewer: Viewer) -> None:
    for number in range(5):
        assert viewer.send(requests.traces(20, first=1 + 20 * number)).status == 200
        viewer.kill()
        viewer.start()
        viewer.send(requests.traces(20, first=1 + 20 * number))
    assert viewer.counts()["spans"] == 200
    assert time.time() > viewer.counts()["started"]


@pytest.mark.e2e
def test_up_says_that_a_store_was_put_aside(tmp_path: Path) -> None:
    lab = Driver(a_name("aside"), tmp_path, path=path_without_collector())
    (tmp_path / lab.name).mkdir(parents=True)
    store = tmp_path / lab.name / "viewer.db"
    store.write_bytes(b"no database" * 1000)
    done = lab.run("up")
    try:
        assert "put aside as viewer.unreadable-" in done.stdout + done.stderr
        assert [path.read_bytes() for path in store.parent.glob("viewer.unreadable-*")] == [b"no database" * 1000]
    finally:
        lab.run("down", code=None)
