"""A store that answers what it never would is an error that names it, and never an empty list, a guess or a traceback."""

import gzip
import socket
from collections.abc import Callable
from typing import Any

import pytest

from labctl.addons import in_jaeger, log_store
from labctl.addons.prometheus_api import PrometheusApi
from labctl.errors import LabError
from labctl.host.http import Unreachable, get
from tests.unit.host.test_http import server

SUCCESS = '{"status": "success", "data": %s}'
ALERT = '{"labels": {}, "annotations": {}, "state": "firing", "value": "1", "activeAt": %s}'

Ask = Callable[[str], Any]
ASKED: dict[str, Ask] = {
    "alerts": lambda url: PrometheusApi(url).alerts(),
    "query": lambda url: PrometheusApi(url).query("up"),
    "rules": lambda url: PrometheusApi(url).rules(),
    "scrape errors": lambda url: PrometheusApi(url).scrape_errors(),
    "trace": lambda url: in_jaeger.span_count(url, "0" * 32),
}


def answering(body: bytes, head: str = "") -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):   # a connection that is closed with unread bytes is reset
            pass

    return answer


@pytest.mark.parametrize("body", [
    "", "null", "{}", "[]", "17", '"x"', "<html>", '{"data": null}', SUCCESS % "{}", SUCCESS % '{"alerts": 7}',
    "[" * 100_000, '{"data": 17}', '{"status": "success"}',
])
@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_without_its_list_is_no_empty_list(ask: str, body: str) -> None:
    with server(answering(body.encode())) as url, pytest.raises(LabError) as caught:
        ASKED[ask](url)
    assert ("Jaeger" if ask == "trace" else "Prometheus") in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("value", ["[1]", "null", "{}", "7", '["x"]', "[1, 2]"])
def test_a_sample_that_is_no_pair(value: str) -> None:
    body = SUCCESS % f'{{"result": [{{"metric": null, "value": {value}}}]}}'
    with server(answering(body.encode())) as url, pytest.raises(LabError, match="result"):
        PrometheusApi(url).query("up")


def test_numbers_that_are_not_finite_are_left_out() -> None:
    found = ", ".join(f'{{"metric": {{}}, "value": [1, "{number}"]}}' for number in ("NaN", "+Inf", "1e999", "2.5"))
    with server(answering((SUCCESS % f'{{"result": [{found}]}}').encode())) as url:
        assert [sample.value for sample in PrometheusApi(url).query("up")] == [2.5]


@pytest.mark.parametrize("at", ['"not a time"', '""', "null", '"0001-01-01T00:00:00Z"', '"2026-11-26T13:00:00+25:00"'])
def test_an_alert_since_no_time(at: str) -> None:
    body = SUCCESS % f'{{"alerts": [{ALERT % at}]}}'
    with server(answering(body.encode())) as url, pytest.raises(LabError, match="activeAt: expected a time"):
        PrometheusApi(url).alerts()


@pytest.mark.parametrize("line", ["null", "17", "{", '{"a":' * 100_000])
def test_a_line_that_is_no_record(line: str) -> None:
    with server(answering(line.encode())) as url, pytest.raises(LabError, match="not a log record"):
        log_store.query(url, "*", limit=3)


def test_an_answer_that_was_compressed_unasked_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(64 << 20), 9)
    with server(answering(bomb, "content-encoding: gzip\r\n")) as url, pytest.raises(Unreachable) as caught:
        get(url)
    assert "compressed (gzip)" in caught.value.detail
