"""A client that sends bytes as they are, and takes whatever comes back."""

import re
import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.hostile.ports import HttpPort
from tests.hostile.slow_clients import SlowClient

LONGEST_S = 14.0                       # longer than any server of the lab waits
SETTLED_S = 0.4                        # without another byte after an answer
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")


def exchange(port: HttpPort, data: bytes) -> bytes | None:
    """All that comes back until the server closes, or rests after an answer; None where it does neither."""
    answer, begun = b"", time.monotonic()
    with socket.create_connection(port.address, 5) as client:
        with suppress(OSError):        # refused while it is still being sent
            client.sendall(data)
        while (left := begun + LONGEST_S - time.monotonic()) > 0:
            client.settimeout(SETTLED_S if final_statuses(answer) else left)
            try:
                piece = client.recv(65536)
            except TimeoutError:
                break
            except OSError:
                return answer
            if not piece:
                return answer
            answer += piece
    return answer or None


def final_statuses(answer: bytes) -> list[int]:
    """Of the answers that have begun in these bytes, without `100 Continue`."""
    return [status for status in map(int, STATUS.findall(answer)) if status >= 200]


def exchange_all(port: HttpPort, shapes: Iterable[bytes]) -> list[bytes | None]:
    """At once, since those that are never complete are waited for."""
    with ThreadPoolExecutor(64) as pool:
        return list(pool.map(lambda data: exchange(port, data), shapes))


def open_for(address: tuple[str, int], client: SlowClient) -> float:
    """Seconds until the server closes its connection."""
    begun = time.monotonic()
    with socket.socket() as connection, suppress(OSError):
        if not client.reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        connection.settimeout(0.5)
        with suppress(TimeoutError):
            connection.sendall(client.beginning)
        while time.monotonic() < begun + LONGEST_S:
            with suppress(TimeoutError):
                if client.reads and not connection.recv(65536):
                    break
                if not client.reads:
                    time.sleep(0.5)
            with suppress(TimeoutError):
                connection.sendall(client.trickle)
    return time.monotonic() - begun
