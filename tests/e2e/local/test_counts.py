"""`labctl load` against servers that fail in every way: counts add up, failures have their names, the exit code says it."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import preloaded
from tests.driver import LABCTL, ROOT, a_name
from tests.unit.load.servers import BODY, GOOD, Client, close, each, hang, reset, serving

REQUESTS = 200
ALL = {"SIGINT to all": 130, "SIGTERM": 143}
INTERRUPTIONS = {**ALL, "SIGINT": 130, "SIGHUP": 129}
CLOSED, OPEN = ("-n", str(REQUESTS), "--rate", "0"), ("-n", str(REQUESTS), "--rps", "400")
SERVER = """
import asyncio, sys

async def client(reader, writer):
    while await reader.readuntil(b"\\r\\n\\r\\n"):
        await reader.readexactly(29)
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok")

async def main():
    server = await asyncio.start_server(client, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@dataclass
class Runs:
    """Runs of the command, each with its own state folder, and what holds for every one of them."""

    folder: Path
    name: str = field(default_factory=partial(a_name, "counts"))

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "LABCTL_STATE_DIR": str(self.folder), "LABCTL_LAB": self.name, "LABCTL_TARGET": "local"}

    def argv(self, url: str, words: tuple[str, ...]) -> list[str]:
        return [LABCTL, "load", "--url", url, "-o", "json", "--csv", str(self.folder / "run.csv"), *words]

    def start(self, url: str, *words: str, **more: Any) -> subprocess.Popen[str]:
        argv = self.argv(url, words)
        return subprocess.Popen(argv, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def end(self, process: subprocess.Popen[str], code: int | None) -> dict[str, Any]:
        out, err = process.communicate(timeout=60)
        return self.printed(subprocess.CompletedProcess(process.args, process.returncode, out, err), code)

    def printed(self, done: subprocess.CompletedProcess[str], code: int | None) -> dict[str, Any]:
        assert "Traceback" not in done.stderr + done.stdout
        assert "Warning" not in done.stderr
        assert done.returncode == code if code is not None else done.returncode in {0, 6}, done.stderr
        return self.adds_up(json.loads(done.stdout))

    def __call__(self, url: str, *words: str, code: int | None = 0) -> dict[str, Any]:
        return self.printed(preloaded.run(self.argv(url, words), self.env, ROOT, 60), code)

    def listed(self) -> list[dict[str, Any]]:
        out = preloaded.run([LABCTL, "runs", "-o", "json"], self.env, ROOT, 60).stdout
        return list(json.loads(out)["runs"])

    def adds_up(self, value: dict[str, Any]) -> dict[str, Any]:
        found = value["requests"]
        assert found["planned"] == found["sent"] + found["dropped"]
        assert found["sent"] == found["successful"] + found["failed"] + found["unfinished"]
        assert found["failed"] == sum(found["errors"].values())
        assert sum(bucket["count"] for bucket in value["histogram"]) == found["successful"]
        slices = value["timeline"]["slices"]
        assert sum(one["sent"] for one in slices) == found["sent"]
        assert sum(one["failed"] for one in slices) == found["failed"]
        assert sum(sum(one["counts"].values()) for one in slices) == found["successful"]
        assert (self.folder / "run.csv").read_text().count("\n") >= len(slices)
        return value


@pytest.fixture(name="load")
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def endless(client: Client) -> None:
    client.request()
    client.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    with suppress(OSError):
        while not client.stop.is_set():
            client.send(b"400\r\n" + b"x" * 1024 + b"\r\n")


@pytest.mark.parametrize("pace", [CLOSED, OPEN], ids=["closed", "open"])
@pytest.mark.parametrize(("handler", "kind"), [
    pytest.param(each(then=reset), "connection reset", id="resets"),
    pytest.param(each(b"HTTP/1.1 500 No\r\ncontent-length: 18\r\n\r\n" + BODY), "http 500", id="answers 500"),
    pytest.param(each(b"I am no web server\r\n\r\n", then=hang), "malformed response", id="answers garbage"),
    pytest.param(each(GOOD[:50], then=close), "incomplete response", id="half an answer"),
    pytest.param(each(then=close), "connection closed", id="closes without an answer"),
])
def test_a_server_that_always_fails(load: Any, pace: Any, handler: Any, kind: str) -> None:
    with serving(handler) as url:
        found = load(url, *pace, code=6)
    assert found["requests"]["errors"] == {kind: REQUESTS}


@pytest.mark.parametrize("handler", [hang, endless], ids=["hangs", "never ends"])
def test_a_server_that_never_ends_its_answer(load: Any, handler: Any) -> None:
    with serving(handler) as url:
        found = load(url, "-n", "20", "--timeout", "0.2s", code=6)
    assert found["requests"]["errors"] == {"timeout": 20}


@pytest.mark.parametrize("pace", [CLOSED, OPEN], ids=["closed", "open"])
def test_a_server_that_closes_after_each_answer(load: Any, pace: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\nconnection: close\r\n\r\n" + BODY
    with serving(each(answer, then=close)) as url:
        found = load(url, *pace)
    assert found["requests"]["successful"] == REQUESTS


def test_a_server_that_closes_after_each_answer_without_a_word(load: Any) -> None:
    with serving(each(GOOD, then=close)) as url:
        found = load(url, *OPEN, code=None)
    assert found["requests"]["successful"]
    assert set(found["requests"]["errors"]) <= {"stale connection"}


def test_a_server_that_is_slow_once_in_a_hundred(load: Any) -> None:
    numbers = iter(range(10**6))

    def handle(client: Client) -> None:
        while client.request() is not None:
            if next(numbers) % 100 == 50:
                client.stop.wait(0.3)
            client.send(GOOD)

    with serving(handle) as url:
        found = load(url, "-n", "400", "--rps", "400")
    assert found["requests"]["successful"] == 400
    assert found["latency_ms"]["max"] > 250 > found["latency_ms"]["p50"]
    assert found["latency_ms"]["p99_9"] is None         # of 400 samples


@contextmanager
def mortal() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/", server
        server.kill()


@pytest.mark.parametrize("words", [("--rate", "0"), ("--rps", "500")], ids=["closed", "open"])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_that_dies_in_the_middle(load: Any, words: Any, processes: str) -> None:
    with mortal() as (url, server):
        run = load.start(url, "-d", "3s", "--processes", processes, *words)
        until_it_runs(run)
        server.kill()
        found = load.end(run, None)["requests"]
    assert found["successful"]
    assert "connection refused" in found["errors"]
    assert set(found["errors"]) <= {"connection refused", "connection reset", "connection closed", "stale connection"}


@pytest.mark.parametrize(("words", "how", "code"), [
    (words, how, code)
    for words, ways in ((("--rps", "200"), INTERRUPTIONS), (("--rate", "0"), ALL), (("--rps", "200", "--processes", "2"), ALL))
    for how, code in ways.items()
])
def test_an_interruption_keeps_what_was_measured(load: Any, words: Any, how: str, code: int) -> None:
    with serving(each(GOOD)) as url:
        run = load.start(url, "-n", "1000000", "-d", "60s", *words, start_new_session=True)
        until_it_runs(run)
        if how == "SIGINT to all":
            os.killpg(run.pid, signal.SIGINT)
        else:
            run.send_signal(signal.Signals[how])
        found = load.end(run, code)
    assert found["interrupted"]
    assert found["requests"]["successful"]
    assert found["requests"]["failed"] == 0
    assert found["requests"]["dropped"] > 0


def test_64_file_descriptors(load: Any) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    with serving(each(GOOD)) as url:
        run = load.start(url, "-c", "100", "-n", "300", "--rps", "1000", preexec_fn=few)
        found = load.end(run, 6)
    assert found["requests"]["successful"]
    assert set(found["requests"]["errors"]) == {"too many open files"}


def test_nobody_listens(load: Any) -> None:
    with serving(each(GOOD)) as url:
        pass
    run = load.start(url)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (1, "")
    assert "nothing listens" in err


def until_it_runs(run: subprocess.Popen[str]) -> None:
    """Until it has said for the first time how far it is."""
    assert any(" failed " in line for line in run.stderr)


def test_the_run_is_listed(load: Any) -> None:
    with serving(each(GOOD)) as url:
        load(url, "-n", "10")
    assert [run["sent"] for run in load.listed()] == [10]
