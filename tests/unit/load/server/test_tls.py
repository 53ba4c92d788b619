"""TLS to the server, and its failures in words."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from labctl.errors import LabError
from labctl.load.server.tls import ClientTls, hint_for, in_words, shake_hands


@contextmanager
def answering(data: bytes) -> Iterator[socket.socket]:
    """A connection whose other end answers the first message with this, and closes."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        theirs.recv(4096)
        theirs.sendall(data)
        theirs.close()

    thread = threading.Thread(target=answer)
    thread.start()
    with ours:
        yield ours
    thread.join()


@pytest.mark.parametrize(("data", "said"), [
    (b"", "closed the connection in the TLS handshake"), (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak TLS"),
    (b"\x15\x03\x03\0\x02\x02\x78", "only HTTP/2"), (b"\x15\x03\x03\0\x02\x02\x70", "refuses the name"),
    (b"\x15\x03", "in the TLS handshake"),
    (b"\x16\x03\x03\0\x04\x0d\0\0\0\x15\x03\x03\0\x02\x02\x28", "failed: "),
])
def test_what_ends_a_handshake_is_said(data: bytes, said: str) -> None:
    with answering(data) as connection, pytest.raises(LabError, match=said) as caught:
        shake_hands(connection, ClientTls(), "localhost", "localhost:1")
    assert "_ssl" not in caught.value.message


def test_a_reason_in_words() -> None:
    error = ssl.SSLError(1, "[SSL: X] x (_ssl.c:1)")
    error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert in_words(error) == "tls: client certificate required"
    assert hint_for(in_words(error)) == "--cert FILE --key FILE"
    assert hint_for("connection reset") == ""


def test_insecure_asks_nothing_of_the_certificate() -> None:
    assert ClientTls().context().verify_mode is ssl.CERT_REQUIRED
    assert ClientTls(insecure=True).context().verify_mode is ssl.CERT_NONE
