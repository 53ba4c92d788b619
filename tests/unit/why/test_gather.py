"""What hangs, is gone or answers nonsense is said, and does not fail the rest."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from labctl.config import Config, load
from labctl.errors import LabError
from labctl.model import Endpoints, Observation, Target
from labctl.why.facts import Facts
from labctl.why.gather.gather import gather
from tests.driver import ROOT

NAMES = ("service", "viewer", "otlp_http", "collector_metrics")
GARBAGE = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[1, {}, 3"
FOREIGN = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"


class FakeTarget:
    def __init__(self, url: str, observe: Callable[[], Observation]) -> None:
        self._url = url
        self.observe = observe

    def endpoints(self) -> Endpoints:
        return Endpoints(dict.fromkeys(NAMES, self._url))


@contextlib.contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """A server with the same answer for everything; None: it accepts, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve() -> None:
            while True:
                try:
                    client = server.accept()[0]
                except OSError:
                    return
                held.append(client)
                if answer is not None:
                    with contextlib.suppress(OSError):
                        client.recv(65536)
                        client.sendall(answer)
                        client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for client in held:
            client.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load({}, {"LABCTL_STATE_DIR": str(tmp_path), "LABCTL_PROJECT": str(ROOT)}, tmp_path)


def gathered(config: Config, url: str, observe: Callable[[], Observation] = lambda: Observation({})) -> Facts:
    return gather(config, cast("Target", FakeTarget(url, observe)), 1.5)


def test_components_that_hang(config: Config) -> None:
    with answering(None) as url:
        facts = gathered(config, url)
    assert facts.service is None or facts.service.health is None
    assert facts.viewer is None or facts.viewer.health is None
    assert facts.canary is None or facts.canary.status is None
    assert facts.machine


@pytest.mark.parametrize("answer", [GARBAGE, FOREIGN, b"not HTTP at all\r\n\r\n", b""])
def test_components_that_answer_nonsense(config: Config, answer: bytes) -> None:
    with answering(answer) as url:
        facts = gathered(config, url)
    assert facts.service
    assert facts.service.health is None
    assert facts.collector
    assert not facts.collector.after


def test_components_that_are_gone(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    facts = gathered(config, url)
    assert facts.canary
    assert (facts.canary.status, facts.canary.said) == (None, "connection refused")


@pytest.mark.parametrize("error", [LabError("no such cluster"), RuntimeError("a bug")])
def test_an_observation_that_fails_is_said(config: Config, error: Exception) -> None:
    def observe() -> Observation:
        raise error

    with answering(FOREIGN) as url:
        facts = gathered(config, url, observe)
    assert any(str(error) in one for one in facts.failed)
    assert facts.service


def test_an_observation_that_hangs_is_said(config: Config) -> None:
    forever = threading.Event()

    def observe() -> Any:
        forever.wait()

    with answering(FOREIGN) as url:
        facts = gathered(config, url, observe)
    forever.set()
    assert "the components: no answer in time" in facts.failed
