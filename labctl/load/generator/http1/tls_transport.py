"""TLS between a plain transport and a connection: it is the transport's protocol and the connection's transport.

Subtle: asyncio's own TLS drops received bytes when a write fails. That happens with a server that answers and closes before it
has read the whole request; here the answer is read first, as it is without TLS.
"""

import asyncio
import errno
import os
import ssl
from contextlib import suppress
from typing import Any, cast

from labctl.load.generator.http1.connection import Connection

_READ = 1 << 18
_RESET = errno.ECONNRESET


class TlsTransport(asyncio.Protocol):
    """`ready` completes when the handshake is done; it raises OSError when that fails."""

    def __init__(self, connection: Connection, context: ssl.SSLContext, host: str) -> None:
        self._connection: Connection | None = connection
        self._context = context
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = b""
        self._open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._context if name == "sslcontext" else self._plain.get_extra_info(name, default)

    def write(self, data: bytes) -> None:
        try:
            self._tls.write(data)
        except ssl.SSLWantReadError:                    # in the middle of a renegotiation
            self._unsent += data
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._plain.write(self._outgoing.read())

    def abort(self) -> None:
        self._plain.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._plain = cast("asyncio.Transport", transport)
        self._shake_hands()

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        if self._open or self._shake_hands():
            self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._open:
            self._read_on()
        self._lose(exc)

    def _shake_hands(self) -> bool:
        """Whether the handshake is done."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._plain.write(self._outgoing.read())
            return False
        except ssl.SSLError as error:
            self._fail(error)
            return False
        if rest := self._outgoing.read():
            self._plain.write(rest)
        self._open = True
        if self._connection is not None:
            self._connection.connection_made(cast("asyncio.Transport", self))
        if not self.ready.done():
            self.ready.set_result(None)
        return True

    def _read(self) -> None:
        """Pass everything decrypted on to the connection."""
        while self._connection is not None and (self._incoming.pending or self._tls.pending()):
            try:
                data = self._tls.read(_READ)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:              # the server sent close_notify
                self._fail(None)
                return
            except ssl.SSLError as error:
                self._fail(error)
                return
            self._connection.data_received(data)
        if self._unsent:
            data, self._unsent = self._unsent, b""
            self.write(data)
        elif self._outgoing.pending:
            self._plain.write(self._outgoing.read())

    def _read_on(self) -> None:
        """Read what is left in the socket's buffer."""
        fd = self._plain.get_extra_info("socket").fileno()
        with suppress(OSError):
            while self._connection is not None and (data := os.read(fd, _READ)):
                self.data_received(data)

    def _fail(self, error: ssl.SSLError | None) -> None:
        """Send our own alert first, if there is one."""
        if self._outgoing.pending:
            self._plain.write(self._outgoing.read())
        self._plain.abort()
        self._lose(error)

    def _lose(self, exc: Exception | None) -> None:
        connection, self._connection = self._connection, None
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionResetError(_RESET, "closed in the handshake"))
        elif connection is not None and self._open:
            connection.connection_lost(exc)
