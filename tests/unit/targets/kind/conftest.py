from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from labctl.targets.kind.engine import client
from labctl.targets.kind.engine.address import EngineAddress
from tests.unit.targets.kind.fake_engine import Answers, Server, engine


@pytest.fixture(autouse=True)
def closed_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process has its clients to its end; here each test has its own."""
    made, make_client = [], client._client.__wrapped__

    def make(where: EngineAddress, timeout: float) -> Any:
        made.append(make_client(where, timeout))
        return made[-1]

    monkeypatch.setattr(client, "_client", make)
    client._require_socket.cache_clear()
    yield
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def no_engine_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answers], Server]]:
    """Makes an engine with these answers; `docker` and `kind` are programs on the PATH that do nothing."""
    for name in ("docker", "kind"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with ExitStack() as stack:
        yield lambda answers: stack.enter_context(engine(tmp_path / "engine.sock", answers))
