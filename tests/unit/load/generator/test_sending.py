"""What can be sent, and where to: methods, pools, TLS, Unix sockets."""

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from labctl.errors import LabError
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.server.reach import reach
from tests.unit.load.running import load
from tests.unit.load.servers import BODY, GOOD, Client, close, each, serving

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n"


@pytest.fixture(name="tls")
def server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_https_takes_any_certificate_only_when_told_to(tls: Any) -> None:
    with serving(each(GOOD), tls=tls) as url:
        with pytest.raises(LabError, match="a certificate that is not trusted") as caught:
            load(url)
        assert "--insecure" in caught.value.advice
        assert load(url, insecure=True).successful == 20


def test_https_takes_a_certificate_that_is_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with serving(each(GOOD), tls=context) as url:
        assert load(url.replace("127.0.0.1", "localhost"), rps=1000.0).successful == 20
        with pytest.raises(LabError, match="not trusted"):
            reach(LoadPlan(url))


def test_a_server_without_tls_is_named() -> None:
    with serving(each(b"no")) as url, pytest.raises(LabError, match="does not speak TLS"):
        load(url.replace("http:", "https:"))


def test_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with serving(each(GOOD), host=path) as url:
        assert load(url, unix=path).successful == 20
    with pytest.raises(LabError, match=r"nothing listens on .*/socket"):
        load(url, unix=path)


@pytest.mark.parametrize("slices", [(HEAD,), (HEAD[:20], HEAD[20:]), (b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD,)])
def test_the_answer_to_head_has_no_body(slices: Any) -> None:
    with serving(each(*slices)) as url:
        result = load(url, method="HEAD", body=b"", headers={}, timeout_s=2.0)
    assert (result.successful, result.statuses, result.errors) == (20, {200: 20}, {})


def test_the_answer_to_head_that_is_none() -> None:
    with serving(each(b"garbage\r\n\r\n")) as url:
        assert load(url, method="HEAD", body=b"").errors == {"malformed response": 20}
    with serving(each(HEAD[:20], then=close)) as url:
        assert load(url, method="HEAD", body=b"").errors == {"incomplete response": 20}


def test_a_pool_is_sent_in_its_order_and_what_was_expected_is_a_success() -> None:
    seen = []

    def handle(client: Client) -> None:
        while (head := client.request()) is not None:
            method, path, _ = head.split(b" ", 2)
            seen.append((method.decode(), path.decode(), client.body))
            answer = GOOD if path == b"/predict" else b"HTTP/1.1 404 No\r\ncontent-length: 18\r\n\r\n" + BODY
            client.send(answer if method == b"POST" else HEAD)

    requests = (
        Request("good", weight=2, body=b"{}"), Request("lost", path="/nowhere", body=b"", expect=((404, 404),)),
        Request("asked", method="HEAD", body=b"", expect=((500, 599),)),
    )
    with serving(handle) as url:
        result = load(url, pool=requests, requests=40, concurrency=1)
    once = [("POST", "/predict", b"{}"), ("POST", "/nowhere", b""), ("HEAD", "/predict", b"")]
    assert sorted(seen[:4]) == sorted([*once, once[0]])
    assert seen == seen[:4] * 10
    assert result.statuses == {200: 30, 404: 10}
    assert result.errors == {"http 200": 10}
    assert result.by_request == {
        "good": {"successful": 20, "failed": 0}, "lost": {"successful": 10, "failed": 0},
        "asked": {"successful": 0, "failed": 10},
    }


def test_the_body_of_get_is_not_said_to_be_empty() -> None:
    heads = []

    def handle(client: Client) -> None:
        while (head := client.request()) is not None:
            heads.append(head)
            client.send(GOOD)

    with serving(handle) as url:
        load(url, method="GET", body=b"", headers={"X-One": "1"})
    assert all(b"\r\nx-one: 1\r\n" in head and b"content-length" not in head for head in heads)


def test_heads_that_change_their_length_or_their_words_are_read_all_the_same() -> None:
    def handle(client: Client) -> None:
        number = 0
        while client.request() is not None:
            number += 1
            body = b"x" * (number % 7)
            client.send(b"HTTP/1.1 200 OK\r\nn: %d\r\ncontent-length: %d\r\n\r\n" % (number % 3, len(body)) + body)

    with serving(handle) as url:
        assert load(url, requests=1000).statuses == {200: 1000}


def test_a_head_that_is_known_does_not_make_half_an_answer_whole() -> None:
    """Both are as long as a whole answer that came before, but the second has less of a longer one."""
    longer = b"HTTP/1.1 200 OK\r\ncontent-length: 19\r\n\r\n" + BODY

    def handle(client: Client) -> None:
        for answer in (GOOD, GOOD, longer):
            client.request()
            client.send(answer)

    with serving(handle) as url:
        result = load(url, requests=3, concurrency=1)
    assert (result.successful, result.errors) == (2, {"incomplete response": 1})


def test_chunks_of_a_known_length_are_no_whole_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

    def handle(client: Client) -> None:
        for answer in (head + b"3\r\nabc\r\n0\r\n\r\n", head + b"8\r\nabcdefgh\r\n"):
            client.request()
            client.send(answer)

    with serving(handle) as url:
        result = load(url, requests=2, concurrency=1)
    assert (result.successful, result.errors) == (1, {"incomplete response": 1})


