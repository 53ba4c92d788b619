"""C70: a server that answers 413 before it has read the body, and closes (gunicorn, waitress and fastify do).

The write of the rest fails with a reset; what the server said is there to be read all the same.
"""

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest
import trustme

from tests.cases.load_command import Load
from tests.unit.load.servers import Client, Handler, serving

REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\n"
ANSWERS = {
    "with a length": REFUSAL + b"content-length: 7\r\n\r\ntoo big",
    "without a length": REFUSAL + b"\r\ntoo big",
    "HTTP/1.0": b"HTTP/1.0 413 Too Large\r\n\r\ntoo big",
}


def refusing(answer: bytes) -> Handler:
    """Reads the head alone, answers and closes: what is not read makes the kernel send a reset."""
    def handle(client: Client) -> None:
        client.connection.recv(512)
        client.send(answer)
    return handle


@pytest.fixture(name="body")
def large(tmp_path: Path) -> str:
    path = tmp_path / "body.bin"
    path.write_bytes(bytes(9_000_000))
    return f"@{path}"


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("pace", [("--rate", "0"), ("--rps", "100")], ids=["closed", "open"])
def test_the_answer_is_read_before_a_failed_write_is_reported(load: Load, body: str, answer: bytes, pace: Sequence[str]) -> None:
    with serving(refusing(answer)) as url:
        found = load(url, "--body", body, "-n", "20", "-c", "4", *pace, code=6)
    assert found["requests"]["statuses"] == {"413": 20}
    assert found["requests"]["errors"] == {"http 413": 20}
    assert "too big" in found["requests"]["notes"]["http 413"]


@pytest.mark.parametrize("pace", [("--rate", "0"), ("--rps", "100")], ids=["closed", "open"])
def test_over_tls(load: Load, body: str, pace: Sequence[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serving(refusing(ANSWERS["with a length"]), tls=context) as url:
        found = load(url, "--body", body, "-n", "20", "-c", "4", "--insecure", *pace, code=6)
    # on a busy machine a reset can come before the end of the TLS record that holds the answer
    errors = found["requests"]["errors"]
    assert sum(errors.values()) == 20
    assert errors["http 413"] >= 18


def test_a_reset_without_an_answer_is_still_a_reset(load: Load, body: str) -> None:
    def reset(client: Client) -> None:
        client.connection.recv(512)
        client.reset()

    with serving(reset) as url:
        found = load(url, "--body", body, "-n", "10", code=6)
    assert found["requests"]["errors"] == {"connection reset": 10}


def test_half_an_answer_before_a_reset_is_none(load: Load, body: str) -> None:
    def cut(client: Client) -> None:
        client.connection.recv(512)
        client.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        client.connection.shutdown(socket.SHUT_WR)

    with serving(cut) as url:
        found = load(url, "--body", body, "-n", "10", code=6)
    assert set(found["requests"]["errors"]) <= {"connection reset", "incomplete response"}
