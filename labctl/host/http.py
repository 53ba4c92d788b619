"""labctl's one HTTP client outside the load engine: httpx, bounded in time and size.

No status raises an error, only a request without an answer does. Redirects are never followed and proxies of the environment
never used: every address is this machine's own. Subtle: httpx's timeout applies to each read, so a server that trickles bytes
would block a command for ever; so the connection is shut down when the total time is over.
"""

import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from labctl import access
from labctl.access import Credentials
from labctl.errors import LabError
from labctl.host.background_task import BackgroundTask
from labctl.host.documents import Node, parse_json

if TYPE_CHECKING:
    import httpx

MAX_BODY_BYTES = 256 << 20              # a trace of 100 000 spans is smaller
REDIRECTS = range(300, 400)


class Unreachable(LabError):
    """No answer came: refused, reset, timed out or not HTTP. `detail` is the cause in words."""


@dataclass(frozen=True, slots=True)
class Answer:
    url: str
    status: int
    body: bytes
    seconds: float                      # from the start of the connection to the end of the body
    start_ns: int                       # Unix time of that start
    location: str = ""                  # the target of a redirect

    def document(self, of: str = "", hint: str = "") -> Node:
        """The body as JSON. Raises LabError that names the address, and who `of` says is there, and what was received instead."""
        source = f"{f'{of} at ' if of else ''}{_origin(self.url)} answered {self.status}"
        if self.status in REDIRECTS:
            raise LabError(f"{source}, a redirect to {self.location or 'nowhere'}: this is not the lab", hint="labctl status")
        if self.body.lstrip()[:1] == b"<":
            raise LabError(f"{source} with HTML instead of JSON", detail=self.excerpt(), hint="labctl status")
        try:
            return replace(parse_json(self.body, source, LabError), hint=hint)
        except LabError as error:
            error.hint = error.hint or hint
            raise

    def json(self) -> Any:
        return self.document().value

    def excerpt(self) -> str:
        """The beginning of the body, for an error's detail."""
        return self.body[:200].decode(errors="replace")


class _TooLarge(Exception):
    pass


def get(url: str, timeout_s: float = 2.0) -> Answer:
    return request("GET", url, timeout_s=timeout_s)


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float = 10.0) -> Answer:
    return request("POST", url, body, headers, timeout_s)


def request(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout_s: float = 2.0,
) -> Answer:
    """One request on a connection of its own, answered within `timeout_s`. Raises Unreachable."""
    own = access.of(url)
    client = _client(own, own.stamp()) if own else _client()
    import httpx

    sent = {"accept-encoding": "identity", **(own.headers() if own else {}), **(headers or {})}
    try:
        with _Watchdog(timeout_s) as watchdog, client.stream(
            method, url, content=body, headers=sent, timeout=timeout_s, extensions={"trace": watchdog.trace},
        ) as response:
            content = _content(response)
            seconds = time.perf_counter() - watchdog.begun
            if watchdog.fired:          # a body without a length ends with its connection
                raise TimeoutError
            return Answer(url, response.status_code, content, seconds, watchdog.start_ns, response.headers.get("location", ""))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        words = "no answer in time" if watchdog.fired else _words(error)
        raise Unreachable(f"{_origin(url)} does not answer", detail=words, hint="labctl status") from None
    except _TooLarge:
        words = f"its answer has more than {MAX_BODY_BYTES >> 20} MiB"
        raise Unreachable(f"{_origin(url)} gives no answer that can be used", detail=words, hint="labctl status") from None


@contextmanager
def download(url: str, silent_s: float) -> Iterator[tuple[int, Iterator[bytes]]]:
    """The status and the body of an answer of any length, piece by piece; no piece may take longer than `silent_s`.

    Raises Unreachable, also while the pieces are read.
    """
    own = access.of(url)
    client = _client(own, own.stamp()) if own else _client()
    import httpx

    sent = {"accept-encoding": "identity", **(own.headers() if own else {})}
    try:
        with client.stream("GET", url, headers=sent, timeout=silent_s) as response:
            yield response.status_code, response.iter_bytes()
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Unreachable(f"{_origin(url)} does not answer", detail=_words(error), hint="labctl status") from None


def import_early() -> None:
    """Begin the import in the background of the caller's next wait."""
    BackgroundTask(_client)


@cache
def _client(own: Credentials | None = None, _: object = None) -> "httpx.Client":
    """Another one where the files of the credentials have changed, as their stamp says."""
    # httpx's command line imports click and pygments, which would double the import time; without them httpx skips it
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    import httpx

    # no keep-alive: a kept connection may be stale; no TLS context where only plain HTTP is used
    limits = httpx.Limits(max_keepalive_connections=0)
    verify = own.context() if own and own.ca else False
    return httpx.Client(trust_env=False, follow_redirects=False, verify=verify, limits=limits)


def _content(response: "httpx.Response") -> bytes:
    if encoding := response.headers.get("content-encoding", "identity").lower().replace("identity", ""):
        # a few bytes that become a thousand MiB in one step
        raise ValueError(f"its answer is compressed ({encoding}), which was not asked for")
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise _TooLarge
    return bytes(content)


class _Watchdog:
    """Shuts down the connection of a request when its total time is over, and knows when the connection was begun."""

    def __init__(self, seconds: float) -> None:
        self.fired = False
        self.begun, self.start_ns = time.perf_counter(), time.time_ns()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.started":       # httpx prepares for milliseconds before, which are not the server's
            self.begun, self.start_ns = time.perf_counter(), time.time_ns()
        elif event == "connection.connect_tcp.complete":
            self._socket = info["return_value"].get_extra_info("socket")

    def _fire(self) -> None:
        self.fired = True
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _origin(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _words(error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.RemoteProtocolError):
        return f"the answer is not HTTP: {error}"
    return str(error) or type(error).__name__
