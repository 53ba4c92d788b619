"""Everything hostile at once, in a process of its own, at a bounded rate:
`python -m tests.hostile.attack PORTS RATE CONNECTIONS`.

PORTS is JSON, setting → port, as a test's lab has them; those of gRPC can be left out. It ends with its standard input, and then
prints what it did as JSON.
"""

import json
import os
import random
import select
import socket
import sys
import time
import zlib
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

from tests.driver import Driver
from tests.hostile import http_shapes, slow_clients
from tests.hostile.fuzzer import known_failures
from tests.hostile.mutator import Mutator
from tests.hostile.ports import HttpPort, http_ports
from tests.hostile.raw_client import final_statuses

LONGEST_S = 15.0                       # that a connection of this process stays open by itself
BOMB_EVERY = 50                        # requests
FLOOD_EVERY, FLOOD = 60, 2000          # the same; requests that are sent ahead of one that takes a while
STEP_S = 0.02
SENDERS = 16                           # requests that wait for an answer at a time


def bomb(port: HttpPort, size: int = 256 << 20) -> bytes:
    """Zeros, a thousandth of their size when compressed."""
    deflater, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    body = b"".join(deflater.compress(zeros) for _ in range(size >> 20)) + deflater.flush()
    return port.head(b"Content-Encoding: gzip", b"Content-Length: %d" % len(body)) + b"\r\n" + body


class Attacker:
    def __init__(self, ports: dict[str, int], rate: float, connections: int) -> None:
        self._http = list(http_ports(cast("Driver", SimpleNamespace(ports=ports))))
        self._grpc = [ports[name] for name in ("OTLP_GRPC", "VIEWER_GRPC") if name in ports]
        self._rate, self._connections = rate, connections
        self._random = random.Random(1)
        self._sent = [[shape.data for shape in http_shapes.shapes(port).values()] for port in self._http]
        self._mutators = [Mutator(port, 1) for port in self._http]
        self._bombs = [bomb(port) for port in self._http]
        self._open: deque[tuple[float, socket.socket]] = deque()
        self.did: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()

    def run(self) -> None:
        """Until there is something on the standard input."""
        begun = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as senders:
            while not select.select([sys.stdin], [], [], STEP_S)[0]:
                due = int((time.monotonic() - begun) * self._rate)
                while self.did["requests"] < due:
                    self.did["requests"] += 1
                    senders.submit(self._send, *self._next())
                for _ in range(int(self._connections / 5 * STEP_S) + 1):      # all of them within five seconds
                    if len(self._open) < self._connections:
                        self._hold()
                self._forget()

    def _next(self) -> tuple[HttpPort, bytes]:
        place = self._random.randrange(len(self._http))
        if self.did["requests"] % BOMB_EVERY == 0:
            return self._http[place], self._bombs[place]
        if self.did["requests"] % FLOOD_EVERY == 0:
            return self._http[place], self._http[place].good() + b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n" * FLOOD
        if self._random.random() < 0.5:
            return self._http[place], self._random.choice(self._sent[place])
        return self._http[place], self._mutators[place].request()

    def _send(self, port: HttpPort, data: bytes) -> None:
        with suppress(OSError), socket.create_connection(port.address, 1) as client:
            client.settimeout(1)
            with suppress(OSError):
                client.sendall(data)
            answer = client.recv(65536)
            known = bool(known_failures(answer))
            self.statuses.update(f"{port.component} {status}{' known' * known}" for status in final_statuses(answer))

    def _hold(self) -> None:
        """One more silent or slow connection, to any port."""
        kinds: list[tuple[tuple[str, int], slow_clients.SlowClient]] = []
        port = self._random.choice(self._http)
        kinds += [(port.address, client) for client in slow_clients.of_http(port).values() if client.reads]
        kinds += [(("127.0.0.1", self._random.choice(self._grpc)), client) for client in slow_clients.of_grpc().values()]
        address, client = self._random.choice(kinds)
        held = socket.socket()
        held.settimeout(0.05)
        with suppress(OSError):
            held.connect(address)
            held.send(client.beginning)
        self._open.append((time.monotonic(), held))
        self.did["connections"] += 1

    def _forget(self) -> None:
        while self._open and self._open[0][0] < time.monotonic() - LONGEST_S:
            self._open.popleft()[1].close()


def main(ports: str, rate: str, connections: str) -> None:
    os.nice(10)
    attacker = Attacker(json.loads(ports), float(rate), int(connections))
    print("ready", flush=True)
    begun, used = time.monotonic(), time.process_time()
    attacker.run()
    cpu = (time.process_time() - used) / (time.monotonic() - begun)
    print(json.dumps({**attacker.did, "statuses": dict(sorted(attacker.statuses.items())), "cpu": round(cpu, 2)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
