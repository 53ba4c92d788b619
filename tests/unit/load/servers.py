"""Small HTTP servers that behave or misbehave, each on a port of its own. A handler gets one connection and owns it."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

BODY = b'{"prediction":4.0}'
GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n" + BODY
Handler = Callable[["Client"], None]


class Client:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, stop: threading.Event) -> None:
        self.connection = connection
        self.stop = stop
        self._file = connection.makefile("rb")

    def request(self) -> bytes | None:
        """The head of the next request, whose body has been read; None at the end."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            if not line:
                return None
            head += line
        self.body = self._file.read(int(head.lower().partition(b"content-length:")[2].split()[0]))
        return head

    def pending(self) -> bytes:
        """What has come without having been asked for yet."""
        self.connection.setblocking(False)
        try:
            return self._file.peek()
        finally:
            self.connection.setblocking(True)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        self._file.close()
        self.connection.close()


@contextlib.contextmanager
def serving(handler: Handler, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve each connection on a thread; yields the URL."""
    stop, threads, clients = threading.Event(), [], []
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)

    def one(client: Client) -> None:
        with contextlib.suppress(OSError, ValueError):
            handler(client)
        client.close()

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            client = Client(connection, stop)
            clients.append(client)
            threads.append(threading.Thread(target=one, args=(client,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    shown = f"[{host}]" if ":" in host else host
    try:
        yield f"http://{shown}:{listener.getsockname()[1]}/predict"
    finally:
        stop.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for client in clients:
            with contextlib.suppress(OSError):
                client.connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def each(*pieces: bytes, then: Callable[[Client], None] | None = None) -> Handler:
    """Answer every request with these pieces, one write each; `then` is done after the first answer, and ends it."""
    def handle(client: Client) -> None:
        while client.request() is not None:
            for piece in pieces:
                client.send(piece)
            if then:
                then(client)
                return
    return handle


def close(_: Client) -> None:
    pass


def reset(client: Client) -> None:
    client.reset()


def hang(client: Client) -> None:
    client.stop.wait()
