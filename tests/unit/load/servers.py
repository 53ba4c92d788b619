"""Small HTTP servers that behave or misbehave, each on a port of its own. A handler gets one connection and owns it."""

import contextlib
import socket
import ssl
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
        self.body = self._file.read(int((head.lower().partition(b"content-length:")[2].split() or [b"0"])[0]))
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
def serving(handler: Handler, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[str]:
    """Serve each connection on a thread, over TLS if that is given; yields the URL. A host with a slash is a socket's path."""
    stop, threads, clients = threading.Event(), [], []
    listener = _listener(host, port)

    def one(client: Client) -> None:
        with contextlib.suppress(OSError, ValueError):
            handler(client)
        client.close()

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
                if tls:
                    connection = tls.wrap_socket(connection, server_side=True)
            except ssl.SSLError:                        # it does not trust us
                continue
            except OSError:
                return
            client = Client(connection, stop)
            clients.append(client)
            threads.append(threading.Thread(target=one, args=(client,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if tls else "http"
    try:
        yield "http://localhost/predict" if "/" in host else f"{scheme}://{shown}:{listener.getsockname()[1]}/predict"
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


def _listener(host: str, port: int) -> socket.socket:
    if "/" not in host:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(host)
    listener.listen()
    return listener


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
