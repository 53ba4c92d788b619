"""A server of which it is known how long it takes, on an absolute clock.

`python reference_server.py queue SECONDS` answers one request at a time, each taking so long, so its capacity is 1/SECONDS
requests a second; with `beside` in place of `queue`, requests do not wait for each other. It prints its port of 127.0.0.1.
"""

import asyncio
import sys

import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Work:
    """Says when a request that comes now will be answered, on the loop's clock."""

    def __init__(self, seconds: float, *, queue: bool) -> None:
        self.seconds, self.queue = seconds, queue
        self.free = 0.0

    def done(self, now: float) -> float:
        begun = max(self.free, now) if self.queue else now
        self.free = begun + self.seconds
        return self.free


class Client(asyncio.Protocol):
    def __init__(self, work: Work) -> None:
        self.work = work

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """A request is whatever comes in one read, which holds for small ones."""
        loop = asyncio.get_running_loop()
        loop.call_at(self.work.done(loop.time()), self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def main(kind: str, seconds: float) -> None:
    work = Work(seconds, queue=kind == "queue")
    server = await asyncio.get_running_loop().create_server(lambda: Client(work), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2])))
