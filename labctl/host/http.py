"""Small HTTP requests to the lab, from the standard library: a command must not pay 190 ms to import a client.

Nothing here raises for a status; only a connection that fails does. Proxies of the environment are never asked: every address
is this machine's own.
"""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from labctl.errors import LabError
from labctl.host.ports import LOOPBACK, connect


class Unreachable(LabError):
    """No answer came: refused, reset, timed out or not HTTP. `detail` is the cause in words."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str, timeout_s: float = 2.0) -> Answer:
    return request("GET", url, timeout_s=timeout_s)


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float = 10.0) -> Answer:
    return request("POST", url, body, headers, timeout_s)


def request(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout_s: float = 2.0,
) -> Answer:
    """One request on a connection of its own. Raises Unreachable."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    begun = time.perf_counter()
    try:
        if parts.hostname == LOOPBACK:
            connection.sock = connect(connection.port, timeout_s)
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read(), time.perf_counter() - begun)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{parts.netloc} does not answer", detail=_words(error)) from None
    finally:
        connection.close()


def _words(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
