"""Sends a mutator's batches to a port, and counts what comes back by status."""

import re
import socket
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from tests.hostile.http_shapes import OF_HTTP
from tests.hostile.mutator import Mutator
from tests.hostile.ports import HttpPort
from tests.hostile.raw_client import final_statuses

TIMEOUT_S = 15.0
# The collector's answer where it cannot write its own error (otlpreceiver's `fallbackMsg`): one that quotes a body that is not
# UTF-8, or one about a compressed body under a Content-Type that is neither protobuf nor JSON. No setting changes that. It is
# known by its type and its length, which is all that HEAD is told, and by its text where there is one.
_FALLBACK = b'{"code": 13, "message": "failed to marshal error message"}'
_KNOWN = re.compile(
    rb"HTTP/1\.1 500 Internal Server Error\r\nContent-Type: application/json\r\nDate: [^\r\n]+\r\nContent-Length: %d\r\n"
    rb"(?:Connection: close\r\n)?\r\n(?:%b|(?=HTTP/1\.1 )|\Z)" % (len(_FALLBACK), re.escape(_FALLBACK)))


@dataclass
class Outcome:
    """`sent` requests on `connections`; `statuses` of the answers; `stuck`: batches that were neither answered nor closed."""

    sent: int = 0
    connections: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    stuck: list[bytes] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)             # batches with an answer of 5xx, except HTTP's own 501 and 505
    known: int = 0                      # see `known_failures`

    @property
    def answered(self) -> int:
        return self.statuses.total()


def fuzz(port: HttpPort, seed: int, answers: int, rate: float = 0) -> Outcome:
    """Until there are so many answers. `rate`: at most so many requests a second; 0: no limit."""
    outcome, begun = Outcome(), time.monotonic()
    for batch, count in Mutator(port, seed).batches():
        answer = _converse(port, batch)
        outcome.sent += count
        outcome.connections += 1
        statuses = final_statuses(answer or b"")
        outcome.statuses.update(statuses)
        known = known_failures(answer or b"")
        outcome.known += known
        if answer is None:
            outcome.stuck.append(batch)
        if sum(status >= 500 and status not in OF_HTTP for status in statuses) > known:
            outcome.failures.append(batch)
        if outcome.answered >= answers:
            return outcome
        if rate:
            time.sleep(max(0.0, begun + outcome.answered / rate - time.monotonic()))
    raise AssertionError


def known_failures(answer: bytes) -> int:
    """How many of these answers are the collector's 500 that is no failure of it."""
    return len(_KNOWN.findall(answer))


def _converse(port: HttpPort, data: bytes) -> bytes | None:
    """All that comes back for these bytes and the end of what is sent; None where the server does not close."""
    answer = b""
    with socket.create_connection(port.address, TIMEOUT_S) as client, suppress(OSError):
        client.settimeout(TIMEOUT_S)
        with suppress(ConnectionError):
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        try:
            while piece := client.recv(1 << 18):
                answer += piece
        except TimeoutError:
            return None
    return answer
