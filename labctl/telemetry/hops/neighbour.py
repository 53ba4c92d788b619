"""A component that the viewer asks over HTTP while somebody looks: what it last said, and since when it has not answered.

Subtle: it is asked in a thread of its own, and who wants to know gets what is known. A server that hangs is given up after a
second, one whose headers trickle after two. Nothing is asked while nobody looks, so after such a time "since" begins anew.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
EVERY_S: Final = 2.0
WITHIN_S: Final = 1.0
FORGOTTEN_S: Final = 10.0               # without a look
MOST_BYTES: Final = 4 << 20
_OK: Final = 200


class Answers(StrEnum):
    UNKNOWN = "unknown"                 # it has not been asked yet
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """What is known of it; `said` is the last answer, `before` the one before it, `first` the first while somebody looked.

    Times are Unix seconds.
    """

    answers: Answers = Answers.UNKNOWN
    since: float = 0.0
    why: str = ""                       # it does not answer
    said: T | None = None
    at: float = 0.0                     # of what it said
    before: T | None = None
    before_at: float = 0.0
    first: T | None = None
    first_at: float = 0.0


class Neighbour(Generic[T]):
    def __init__(self, url: str, read: Callable[[str], T | None]) -> None:
        """`read`: what an answer of 200 says; None where it is not what was expected there."""
        self._url, self._read = url, read
        self._lock = threading.Lock()
        self._asking = False
        self._asked = self._looked = float("-inf")      # on the monotonic clock
        self._heard: Heard[T] = Heard()
        self._first = threading.Event()                 # something is known

    def heard(self, wait_s: float = 0.0) -> Heard[T]:
        """What is known now; asks again where that is due. Waits for the first answer up to `wait_s`."""
        now = time.monotonic()
        with self._lock:
            anew = now - self._looked > FORGOTTEN_S and not self._asking
            if anew:
                self._heard = Heard()
                self._first.clear()
            self._looked = now
            due = anew or (not self._asking and now - self._asked >= EVERY_S)
            if due:
                self._asking, self._asked = True, now
        if due:
            threading.Thread(target=self._ask, name="neighbour", daemon=True).start()
        if wait_s:
            self._first.wait(wait_s)
        with self._lock:
            return self._heard

    def _ask(self) -> None:
        at = time.time()
        try:
            said, why = self._read(get(self._url)), "unexpected response"
        except (OSError, HTTPException, ValueError) as error:
            said, why = None, _words(error)
        with self._lock:
            self._heard = _next(self._heard, said, why, at)
            self._asking = False
            self._first.set()


def _next(last: Heard[T], said: T | None, why: str, at: float) -> Heard[T]:
    answers = Answers.NO if said is None else Answers.YES
    since = last.since if answers is last.answers else at
    if said is None:
        return replace(last, answers=answers, since=since, why=why, before=None)
    first, first_at = (said, at) if last.first is None else (last.first, last.first_at)
    return Heard(answers, since, "", said, at, last.said if last.answers is Answers.YES else None, last.at, first, first_at)


def get(url: str) -> str:
    """The body of a 200. Raises OSError, HTTPException or ValueError."""
    parts, deadline = urlsplit(url), time.monotonic() + WITHIN_S
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("its address is not an http URL")
    connection = HTTPConnection(parts.hostname, parts.port, timeout=WITHIN_S)
    end = threading.Timer(2 * WITHIN_S, _shut, [connection])        # the timeout above is of each read
    end.daemon = True
    end.start()
    try:
        connection.request("GET", parts.path or "/", headers={"accept-encoding": "identity", "connection": "close"})
        answer, body = connection.getresponse(), bytearray()
        while piece := answer.read1(1 << 16):
            body += piece
            if len(body) > MOST_BYTES or time.monotonic() > deadline:
                raise TimeoutError
        if answer.status != _OK:
            raise ValueError(f"HTTP {answer.status}")
        return body.decode(errors="replace")
    finally:
        end.cancel()
        connection.close()


def _shut(connection: HTTPConnection) -> None:
    if connection.sock:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "connection refused"
        case HTTPException():
            return "the answer is not HTTP"
    return str(error) or type(error).__name__
