"""C74: what a server has against a TLS connection is said in words, and what helps.

A client certificate is wanted, the name is refused, no cipher suite or version is shared, or HTTP/2 alone is spoken: "use http://"
is the remedy for none of them, but for a server that answers in plain text. And plain HTTP on a port of TLS is named.
"""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.cases.load_command import Load, ran
from tests.unit.load.servers import GOOD, Client, close, each, hang, serving

CA = trustme.CA()


def server(**settings: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def wanting_a_certificate(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = server(verify_mode=ssl.CERT_REQUIRED, maximum_version=version)
    CA.configure_trust(context)
    return context


def refusing_the_name() -> ssl.SSLContext:
    return server(sni_callback=lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)


def without_a_shared_cipher() -> ssl.SSLContext:
    context = server(maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("AES128-SHA256")
    return context


def alert(number: int) -> Callable[[Client], None]:
    """Answers the first message of a handshake with this alert of RFC 8446."""
    def handle(client: Client) -> None:
        client.connection.recv(4096)
        client.send(b"\x15\x03\x03\0\x02\x02" + bytes([number]))
    return handle


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    CA.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture(name="cert")
def client_certificate(tmp_path: Path) -> tuple[str, str]:
    issued = CA.issue_cert("me@example.test")
    cert, key = tmp_path / "client.pem", tmp_path / "client.key"
    issued.cert_chain_pems[0].write_to_path(str(cert))
    issued.private_key_pem.write_to_path(str(key))
    return str(cert), str(key)


def refusal(folder: Path, url: str, *words: str) -> str:
    found = ran(folder, "--url", url.replace("127.0.0.1", "localhost"), "-n", "10", *words)
    assert found.returncode == 1
    return " ".join(found.stderr.split())


@pytest.mark.parametrize(("context", "said", "hint"), [
    (lambda: wanting_a_certificate(ssl.TLSVersion.TLSv1_2), "client certificate required", "--cert FILE --key FILE"),
    (refusing_the_name, "refuses the name in the URL (SNI)", "a name in the URL"),
    (without_a_shared_cipher, "no cipher suite in common", ""),
], ids=["client certificate", "SNI", "cipher"])
def test_what_the_server_refuses(tmp_path: Path, context: Callable[[], ssl.SSLContext], said: str, hint: str) -> None:
    with serving(each(GOOD), tls=context()) as url:
        text = refusal(tmp_path, url)
    assert said in text
    assert hint in text
    assert "http://" not in text.replace(url.replace("127.0.0.1", "localhost"), "")


@pytest.mark.parametrize(("number", "said"), [
    (70, "only TLS versions before 1.2"), (120, "only HTTP/2 (ALPN)"), (48, "client certificate refused: unknown authority"),
    (40, "no cipher suite in common"), (80, "internal error"),
])
def test_every_alert_has_words(tmp_path: Path, number: int, said: str) -> None:
    with serving(alert(number)) as url:
        assert said in refusal(tmp_path, url.replace("http:", "https:"))


def test_a_certificate_that_is_wanted_after_the_handshake(load: Load) -> None:
    """As in TLS 1.3, where the client's part is over before the server has looked."""
    with serving(each(GOOD), tls=wanting_a_certificate(ssl.TLSVersion.TLSv1_3)) as url:
        found = load(url.replace("127.0.0.1", "localhost"), "-n", "10", code=6)
    assert "tls: client certificate required" in found["requests"]["errors"]
    assert any("--cert FILE --key FILE" in remark for remark in found["remarks"])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate(load: Load, cert: tuple[str, str], version: ssl.TLSVersion) -> None:
    with serving(each(GOOD), tls=wanting_a_certificate(version)) as url:
        found = load(url.replace("127.0.0.1", "localhost"), "-n", "10", "--cert", cert[0], "--key", cert[1])
    assert found["requests"]["successful"] == 10


@pytest.mark.parametrize(("words", "said"), [
    (("--cert", "nowhere.pem"), "No such file"), (("--key", "{key}"), "--cert FILE --key FILE"),
    (("--cert", "{cert}"), "no certificate and key in PEM format, or the key is in another file"),
    (("--cert", "{cert}", "--key", "{other}"), "the key does not belong to the certificate"),
    (("--cert", "{garbage}"), "no certificate and key in PEM format"), (("--cert", "/"), "Is a directory"),
    (("--cert", "{cert}", "--key", "{secret}"), "the key is encrypted"),
])
def test_files_that_will_not_do(tmp_path: Path, cert: tuple[str, str], words: tuple[str, ...], said: str) -> None:
    other, garbage, secret = (tmp_path / name for name in ("other.key", "garbage.pem", "secret.key"))
    CA.issue_cert("other@example.test").private_key_pem.write_to_path(str(other))
    garbage.write_bytes(b"\0\xff")
    secret.write_text(ENCRYPTED)
    names = {"cert": cert[0], "key": cert[1], "other": other, "garbage": garbage, "secret": secret}
    with serving(each(GOOD), tls=server()) as url:
        found = ran(tmp_path, "--url", url, "-n", "3", *(word.format(**names) for word in words))
    assert found.returncode == 2
    assert said in " ".join(found.stderr.split())


def test_a_certificate_without_tls_is_a_usage_error(tmp_path: Path, cert: tuple[str, str]) -> None:
    found = ran(tmp_path, "--url", "http://127.0.0.1:1/", "--cert", cert[0], "--key", cert[1])
    assert found.returncode == 2
    assert "--cert needs TLS" in found.stderr


def test_plain_text_gets_the_hint(tmp_path: Path) -> None:
    def answer(client: Client) -> None:
        client.connection.recv(100)
        client.send(b"HTTP/1.0 400 Bad request\r\n\r\n")

    with serving(answer) as url:
        text = refusal(tmp_path, url.replace("http:", "https:"))
    assert "does not speak TLS" in text
    assert "use http://" in text


@pytest.mark.parametrize("handler", [each(then=close), alert(70), each(b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n")])
def test_plain_http_to_a_port_of_tls_is_named(load: Load, handler: Callable[[Client], None]) -> None:
    """Such a server closes, sends an alert, or understands and says 400."""
    def both(client: Client) -> None:
        if client.connection.recv(1, 2)[:1] != b"\x16":                     # MSG_PEEK; a handshake's first byte
            handler(client)
            return
        with server().wrap_socket(client.connection, server_side=True):
            pass

    with serving(both) as url:
        found = load(url, "-n", "10", code=6)
    assert found["server_speaks"] == "TLS"
    assert any("speaks TLS on this port: use https://" in remark for remark in found["remarks"])


def test_a_server_that_hangs_in_the_handshake_is_not_waited_for(tmp_path: Path) -> None:
    with serving(hang) as url:
        assert "no handshake within" in refusal(tmp_path, url.replace("http:", "https:"))


def test_the_flag_says_what_it_does(tmp_path: Path) -> None:
    assert "Skip TLS verification" in ran(tmp_path, "--help").stdout


ENCRYPTED = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjE1e1zYvD7FwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBE+GyjROdmkRTmIxGZFRBkEgZBb
7+FjiYbzTbEzO3dMi1ows7pTB1m2RC5ku65aUoxR6x2t5psBSdj/I9P1eFqKEzzl
YVBGP3o4tcaKISrK5ApDaoyoj9sAk3+VvWyGlMBahwgv1/nWlImraZG11nb1tWaa
/2bjUpEl/EVeY0mjy8hdbK6o3zNnFLIb1ltV9RUl7gd0rMh4AkOBZQ44wiu7as4=
-----END ENCRYPTED PRIVATE KEY-----
"""
