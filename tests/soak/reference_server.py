"""A server of which it is known how long it takes, to a tenth of a millisecond.

`python reference_server.py queue SECONDS` answers one request at a time, each taking so long, so its capacity is 1/SECONDS
requests a second; with `beside` in place of `queue`, requests do not wait for each other. It prints its port of 127.0.0.1.

Subtle: a thread for each connection, since the timers of event loops have steps of a millisecond.
"""

import socket
import sys
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Work:
    """Says when a request that comes now will be answered."""

    def __init__(self, seconds: float, *, queue: bool) -> None:
        self.seconds, self.queue = seconds, queue
        self.free = 0.0
        self.lock = threading.Lock()

    def done(self, now: float) -> float:
        with self.lock:
            begun = max(self.free, now) if self.queue else now
            self.free = begun + self.seconds
            return self.free


def serve(client: socket.socket, work: Work) -> None:
    """A request is whatever comes in one read, which holds for small ones."""
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while client.recv(65536):
        done = work.done(time.monotonic())
        time.sleep(max(done - time.monotonic(), 0))
        client.sendall(ANSWER)


def main(kind: str, seconds: float) -> None:
    work = Work(seconds, queue=kind == "queue")
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, work), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
