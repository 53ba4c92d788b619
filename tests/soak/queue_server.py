"""A server of known capacity: it answers one request at a time, each taking the same time on an absolute clock.

`python queue_server.py SECONDS` prints the port of 127.0.0.1 that it listens on. Its capacity is 1/SECONDS requests a second, and
a request that comes while others wait is answered after them.
"""

import asyncio
import sys

import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Queue:
    """When the server will be free, on the loop's clock."""

    free = 0.0


class Client(asyncio.Protocol):
    def __init__(self, queue: Queue, seconds: float) -> None:
        self.queue, self.seconds = queue, seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """A request is whatever comes in one read, which holds for small ones."""
        loop = asyncio.get_running_loop()
        self.queue.free = max(self.queue.free, loop.time()) + self.seconds
        loop.call_at(self.queue.free, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def main(seconds: float) -> None:
    queue = Queue()
    server = await asyncio.get_running_loop().create_server(lambda: Client(queue, seconds), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))
