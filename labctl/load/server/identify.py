"""Detects the protocol of a server that answered no request in HTTP/1.1: TLS, HTTP/2, or HTTP/1.1 after a PROXY header.

Subtle: each attempt uses a connection of its own and ends at the first bytes that decide. The request after the PROXY header
is HEAD /, which changes nothing at the server.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from labctl.load.plan.address import Address
from labctl.load.server.reach import connected

TLS: Final = "TLS"
HTTP2: Final = "HTTP/2"
PROXY: Final = "PROXY protocol"
_PATIENCE_S: Final = 0.5
_FRAME: Final = 9                       # bytes of an HTTP/2 frame's header (RFC 9113, 4.1)
_SETTINGS: Final = b"\x04"
_REFUSAL: Final = b"HTTP/1.1 400"
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"


def protocol(address: Address) -> str:
    """One of the above, or "" where no attempt succeeds. Takes at most two seconds."""
    asked = _OVER_TLS if address.secure else _IN_THE_CLEAR
    for name, speaks in asked.items():
        with suppress(OSError), connected(address) as connection:
            connection.settimeout(_PATIENCE_S)
            if speaks(connection, address):
                return name
    return ""


def _tls(connection: socket.socket, address: Address) -> bool:
    with _anyone(["http/1.1", "h2"]).wrap_socket(connection, server_hostname=address.host):
        return True


def _http2(connection: socket.socket, address: Address) -> bool:  # noqa: ARG001 all attempts have the same signature
    connection.sendall(_PREFACE)
    return connection.recv(_FRAME, socket.MSG_WAITALL)[3:4] == _SETTINGS


def _http2_over_tls(connection: socket.socket, address: Address) -> bool:
    with _anyone(["h2"]).wrap_socket(connection, server_hostname=address.host) as tls:
        return tls.selected_alpn_protocol() == "h2"


def _proxy(connection: socket.socket, address: Address) -> bool:
    """Version 1 with an unknown client: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt."""
    connection.sendall(f"PROXY UNKNOWN\r\nHEAD / HTTP/1.1\r\nhost: {address.authority}\r\nconnection: close\r\n\r\n".encode())
    answer = connection.recv(len(_REFUSAL), socket.MSG_WAITALL)
    return answer.startswith(b"HTTP/") and answer[-3:] != _REFUSAL[-3:]      # to any other server the header is no request


def _anyone(alpn: list[str]) -> ssl.SSLContext:
    """Without verification: the only question is whether the server speaks TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(alpn)
    return context


_IN_THE_CLEAR: Final[Mapping[str, Callable[[socket.socket, Address], bool]]] = {TLS: _tls, HTTP2: _http2, PROXY: _proxy}
_OVER_TLS: Final[Mapping[str, Callable[[socket.socket, Address], bool]]] = {HTTP2: _http2_over_tls}
