"""Asking another component: what it says, since when it does not answer, and never longer than a second for the one who looks."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from labctl.telemetry.hops import neighbour
from labctl.telemetry.hops.neighbour import Answers, Neighbour
from tests.driver import free_ports
from tests.unit.service.conftest import until
from tests.unit.why.test_gather import answering

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n42"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbour, "EVERY_S", 0.01)


def number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def test_it_answers_and_then_does_not() -> None:
    with answering(OK) as url:
        found = Neighbour(url, number)
        assert found.heard(5.0).answers is Answers.YES
        until(lambda: found.heard().before == 42)
        heard = found.heard()
        assert (heard.said, heard.first, heard.since) == (42, 42, heard.first_at)
    until(lambda: found.heard().why == "connection refused")
    silent = found.heard()
    assert silent.since > heard.at
    assert (silent.answers, silent.said) == (Answers.NO, 42)
    until(lambda: found.heard() is not silent)
    assert found.heard().since == silent.since              # since the first look that it did not answer


@pytest.mark.parametrize(("answer", "why"), [
    (b"HTTP/1.1 503 no\r\ncontent-length: 0\r\n\r\n", "HTTP 503"), (b"SSH-2.0-x\r\n", "the answer is not HTTP"),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno", "unexpected response"),
    (b"HTTP/1.1 302 x\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n", "HTTP 302"),
])
def test_another_answer_is_none(answer: bytes, why: str) -> None:
    with answering(answer) as url:
        heard = Neighbour(url, number).heard(5.0)
    assert (heard.answers, heard.why, heard.said) == (Answers.NO, why, None)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", "nonsense", "http://", "http://127.0.0.1:999999", "file:///etc/passwd"])
def test_an_address_that_is_none_is_not_asked(url: str) -> None:
    assert Neighbour(url, number).heard(5.0).answers is Answers.NO


def test_one_whose_headers_trickle_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbour, "WITHIN_S", 0.2)
    over = threading.Event()

    def trickle(server: socket.socket) -> None:
        with server.accept()[0] as connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while not over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=trickle, args=(server,), daemon=True).start()
        found = Neighbour(f"http://127.0.0.1:{server.getsockname()[1]}", number)
        assert found.heard(30.0).answers is Answers.NO
        over.set()


def test_who_looks_does_not_wait_for_one_that_hangs() -> None:
    [port] = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        found, begun = Neighbour(f"http://127.0.0.1:{port}", number), time.monotonic()
        assert found.heard().answers is Answers.UNKNOWN
        assert time.monotonic() - begun < neighbour.WITHIN_S / 2
        until(lambda: found.heard().answers is Answers.NO)
        assert found.heard().why == "no answer in time"


def test_after_a_time_without_a_look_it_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(OK) as url:
        found = Neighbour(url, number)
        first = found.heard(5.0).first_at
        monkeypatch.setattr(neighbour, "FORGOTTEN_S", -1.0)
        until(lambda: found.heard(5.0).first_at > first)
