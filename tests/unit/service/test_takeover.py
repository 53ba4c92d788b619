"""A service that is replaced while requests come: none fails, and a replacement that fails changes nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.unit.service.conftest import GOOD, Service, running, until

pytestmark = pytest.mark.slow


@contextmanager
def offering(folder: Path, name: str, **environ: str) -> Iterator[Service]:
    """A service with a folder of its own; all offer the port in the same place."""
    (folder / name).mkdir()
    with running(folder / name, HANDOVER_SOCKET="../service.sock", **environ) as service:
        yield service


class Load:
    """Requests on connections that are opened again as soon as they are closed."""

    def __init__(self, port: int) -> None:
        self.statuses: list[int] = []
        self.failures: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(port,)) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def _send(self, port: int) -> None:
        while not self._over.is_set():
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                closing = False
                while not closing and not self._over.is_set():
                    connection.request("POST", "/predict", GOOD, {"content-type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                    self.statuses.append(answer.status)
                    closing = answer.getheader("connection") == "close"
            except OSError as error:
                self.failures.append(repr(error))
            finally:
                connection.close()

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Service, Load]]:
    with offering(tmp_path, "first", DEFAULT_LATENCY_MS="20") as service:      # so that some run at every moment
        until((tmp_path / "service.sock").exists)
        load = Load(service.port)
        yield service, load
        load.end()


def test_no_request_fails_while_one_replaces_another(tmp_path: Path, served: tuple[Service, Load]) -> None:
    first, load = served
    with offering(tmp_path, "second", PORT=str(first.port), DEFAULT_LATENCY_MS="20") as second:
        assert first.process.wait(60) == 0
        done = len(load.statuses)
        until(lambda: len(load.statuses) > done + 50)
        with offering(tmp_path, "third", PORT=str(first.port)):
            assert second.process.wait(60) == 0
            load.end()
    assert load.failures == []
    assert set(load.statuses) == {200}


def test_a_replacement_that_fails_changes_nothing(tmp_path: Path, served: tuple[Service, Load]) -> None:
    first, load = served
    with pytest.raises(AssertionError, match="MODEL_WORK"), offering(
        tmp_path, "second", PORT=str(first.port), MODEL_WORK="none",
    ):
        pass
    done = len(load.statuses)
    until(lambda: len(load.statuses) > done + 50)
    assert first.process.poll() is None
    load.end()
    assert load.failures == []


def test_another_address_is_not_taken_over(tmp_path: Path, served: tuple[Service, Load]) -> None:
    first, _ = served
    with offering(tmp_path, "second") as second:
        assert second.port != first.port
        assert first.process.poll() is None
