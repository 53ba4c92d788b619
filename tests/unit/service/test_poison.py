"""No input makes the real service fail, hang or grow: everything below is answered with a 4xx problem."""

import json
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.unit.service.conftest import GOOD, Service, running

pytestmark = pytest.mark.slow

HEAD = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
MIB = 1 << 20

BODIES = {
    "empty": (b"", 400),
    "not json": (b"features=1", 400),
    "nan": (b'{"features":[NaN]}', 400),
    "infinity": (b'{"features":[Infinity]}', 400),
    "minus infinity": (b'{"features":[-Infinity]}', 400),
    "1e999": (b'{"features":[1e999]}', 422),
    "huge integer": (b'{"features":[1' + b"0" * 400 + b"]}", 422),
    "integer of 5 000 digits": (b'{"features":[' + b"9" * 5000 + b"]}", 400),
    "sum overflows": (b'{"features":[1e308,1e308]}', 422),
    "lone surrogate": (b'{"features":["\\ud800"]}', 422),
    "lone surrogate in a name": (b'{"features":[1],"\\udfff":1}', 422),
    "lone surrogate as name": (b'{"\\ud800":[1]}', 422),
    "raw surrogate bytes": (b'{"features":["\xed\xa0\x80"]}', 400),
    "not utf-8": (b'{"features":["\xff\xfe"]}', 400),
    "utf-16": ('{"features":[1]}'.encode("utf-16"), 400),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, 400),
    "nul": (b"\x00", 400),
    "10 000 brackets": (b"[" * 10_000, 400),
    "10 000 brackets closed": (b'{"features":' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400),
    "10 000 objects": (b'{"a":' * 10_000, 400),
    "null": (b"null", 422),
    "list": (b"[1,2]", 422),
    "number": (b"1", 422),
    "features missing": (b"{}", 422),
    "features null": (b'{"features":null}', 422),
    "features text": (b'{"features":"123"}', 422),
    "features object": (b'{"features":{"0":1}}', 422),
    "features empty": (b'{"features":[]}', 422),
    "features of booleans": (b'{"features":[true]}', 422),
    "features of text": (b'{"features":["1"]}', 422),
    "features nested": (b'{"features":[[1]]}', 422),
    "features too many": (json.dumps({"features": [1] * 1025}).encode(), 422),
    "member too many": (b'{"features":[1],"other":1}', 422),
    "1 MiB and a byte": (b" " * (MIB + 1), 413),
    "cut off": (GOOD[:-3], 400),
}

BATCHES = {
    "rows missing": (b'{"features":[1]}', 422),
    "rows empty": (b'{"rows":[]}', 422),
    "rows too many": (b'{"rows":[[1],[1],[1],[1],[1]]}', 422),
    "row empty": (b'{"rows":[[1],[]]}', 422),
    "row with nan": (b'{"rows":[[1],[NaN]]}', 400),
    "row that overflows": (b'{"rows":[[1],[1e308,1e308]]}', 422),
}

# a connection that is half-closed, or a header that is wrong: raw bytes, and the status line that is expected
RAW = {
    "truncated body": (HEAD + b"content-length: 100\r\n\r\n" + GOOD, 400),
    "truncated chunks": (HEAD + b"transfer-encoding: chunked\r\n\r\n1a\r\n" + GOOD, 400),
    "bad chunk size": (HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n", 400),
    "no such verb": (b"BREW /predict HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "not http": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "header of 70 kB so far": (HEAD + b"x: " + b"a" * 70_000, 431),
    "length not a number": (HEAD + b"content-length: ten\r\n\r\n", 400),
    "negative length": (HEAD + b"content-length: -1\r\n\r\n", 400),
    "length of 30 digits": (HEAD + b"content-length: " + b"9" * 30 + b"\r\n\r\n", 400),
    "length of a terabyte": (HEAD + b"content-length: 1000000000000\r\n\r\n", 413),
}

HEADERS = {
    "form": ({"content-type": "application/x-www-form-urlencoded"}, 415),
    "text": ({"content-type": "text/plain"}, 415),
    "no type": ({"content-type": ""}, 415),
    "latin-1": ({"content-type": "application/json; charset=latin-1"}, 415),
    "gzip": ({"content-encoding": "gzip"}, 415),
    "multipart": ({"content-type": "multipart/form-data; boundary=x"}, 415),
}


def check(status: int, problem: dict[str, object], headers: dict[str, str], expected: int) -> None:
    assert status == expected
    assert headers["content-type"] == "application/problem+json"
    assert problem["status"] == expected
    assert len(str(problem["trace_id"])) == 32


@pytest.mark.parametrize("name", BODIES)
def test_a_poisoned_body_is_a_problem(service: Service, name: str) -> None:
    body, expected = BODIES[name]
    check(*service.post(body), expected)


@pytest.mark.parametrize("name", BATCHES)
def test_a_poisoned_batch_is_a_problem(service: Service, name: str) -> None:
    body, expected = BATCHES[name]
    check(*service.post(body, "/predict/batch"), expected)


@pytest.mark.parametrize("name", HEADERS)
def test_a_wrong_content_type_is_a_problem(service: Service, name: str) -> None:
    headers, expected = HEADERS[name]
    check(*service.post(GOOD, **headers), expected)


@pytest.mark.parametrize("name", RAW)
def test_a_poisoned_connection_gets_an_answer(service: Service, name: str) -> None:
    request, expected = RAW[name]
    head, _, body = service.raw(request, half_close=True).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % expected)
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == expected


def test_a_request_names_one_host_and_has_a_bounded_number_of_fields(service: Service) -> None:
    line = b"GET /health HTTP/1.1\r\n"
    for fields, expected in ((b"", 400), (b"host: a\r\nhost: b\r\n", 400), (b"host: a\r\n" + b"x: y\r\n" * 300, 431)):
        assert service.raw(line + fields + b"\r\n").startswith(b"HTTP/1.1 %d " % expected)


def test_a_broken_request_is_answered_after_those_before_it(service: Service) -> None:
    good = HEAD + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD
    answer = service.raw(good + b"BREW / HTTP/1.1\r\n\r\n")
    assert [part[:4] for part in answer.split(b"HTTP/1.1 ")] == [b"", b"200 ", b"400 "]


@pytest.mark.parametrize(("method", "path", "expected"), [
    ("GET", "/nothing", 404), ("GET", "/predict", 405), ("PUT", "/health", 405)])
def test_a_wrong_path_or_method_is_a_problem(service: Service, method: str, path: str, expected: int) -> None:
    status, problem, headers = service.ask(method, path)
    assert (status, problem["status"]) == (expected, expected)
    assert headers["content-type"] == "application/problem+json"


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that gives a client time to send 50 MB on a busy machine."""
    with running(tmp_path_factory.mktemp("patient"), RECEIVE_TIMEOUT_MS="60000") as started:
        yield started


def test_50_mb_are_refused_without_being_kept(patient: Service) -> None:
    process = psutil.Process(patient.process.pid)
    before = process.memory_info().rss
    check(*patient.post(b" " * (50 * MIB)), 413)
    assert process.memory_info().rss - before < 20 * MIB


def test_50_mb_in_chunks_are_refused_without_being_kept(patient: Service) -> None:
    before = psutil.Process(patient.process.pid).memory_info().rss
    with socket.create_connection(("127.0.0.1", patient.port), timeout=30) as connection:
        connection.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(50):
            connection.sendall(b"100000\r\n" + b" " * MIB + b"\r\n")
        assert connection.recv(20).startswith(b"HTTP/1.1 413 ")
    assert psutil.Process(patient.process.pid).memory_info().rss - before < 20 * MIB


def test_a_body_that_never_comes_is_a_408(service: Service) -> None:
    answer = service.raw(HEAD + b"content-length: 10\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_a_header_that_never_ends_and_a_silent_connection_are_closed(service: Service) -> None:
    assert service.raw(HEAD).startswith(b"HTTP/1.1 408 ")
    assert service.raw(b"") == b""


def test_the_whole_corpus_many_times_uses_no_memory_and_fails_nowhere(service: Service) -> None:
    process = psutil.Process(service.process.pid)
    service.post()
    before = process.memory_info().rss
    for _ in range(10):
        for body, expected in BODIES.values():
            assert service.post(body)[0] == expected
    assert process.memory_info().rss - before < 20 * MIB
    assert service.post()[0] == 200
    assert not [line for line in service.lines() if "exception" in line or line.get("http.response.status_code", 0) >= 500]
