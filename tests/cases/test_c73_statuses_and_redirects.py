"""C73: statuses are shown unless all are 200, and redirects have a line of their own."""

import threading

import pytest

from tests.cases.load_command import Load, Screen
from tests.unit.load.servers import GOOD, Client, each, serving

MOVED = b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://example.test/there\r\ncontent-length: 0\r\n\r\n"


def test_a_redirect_is_told(screen: Screen) -> None:
    with serving(each(MOVED)) as url:
        text = screen("--url", url, "-n", "300")
    assert "http 301 300" in text
    assert "300 responses redirected (301) to https://example.test/there; redirects are not followed" in text


def test_where_it_leads_is_in_the_json(load: Load) -> None:
    with serving(each(MOVED)) as url:
        found = load(url, "-n", "3")
    assert found["requests"]["notes"] == {"http 301": "https://example.test/there"}


def test_all_200_needs_no_word(screen: Screen) -> None:
    with serving(each(GOOD)) as url:
        text = screen("--url", url, "-n", "30")
    assert "http 200" not in text


def test_several_statuses_are_all_there(screen: Screen) -> None:
    gone = b"HTTP/1.1 404 No\r\ncontent-length: 4\r\n\r\ngone"
    answers, lock = iter([GOOD, MOVED, b"HTTP/1.1 204 None\r\n\r\n", gone] * 10), threading.Lock()

    def handle(client: Client) -> None:
        while client.request() is not None:
            with lock:
                answer = next(answers)
            client.send(answer)

    with serving(handle) as url:
        text = screen("--url", url, "-n", "40")
    for line in ("http 200 10", "http 204 10", "http 301 10", "http 404 10"):
        assert line in text
    assert "The first http 404 said: gone" in text


@pytest.mark.parametrize("location", [b"", b"Location: \x1b[31mred\r\n", b"location:\r\n"])
def test_a_redirect_to_nowhere(screen: Screen, location: bytes) -> None:
    with serving(each(b"HTTP/1.1 302 Found\r\n" + location + b"content-length: 0\r\n\r\n")) as url:
        text = screen("--url", url, "-n", "3")
    assert "3 responses redirected (302)" in text
    assert "\x1b[31mred" not in text
