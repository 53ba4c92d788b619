"""One connection to a port of a pod: a WebSocket to the API server that speaks `v4.channel.k8s.io`.

Each binary message begins with a channel's number: 0 carries data, 1 an error as text; the first message of each channel is the
port, two bytes. https://kubernetes.io/docs/reference/generated/kubernetes-api/ (pods/portforward), RFC 6455 for the frames.
The `kubernetes` package's own port forward has no timeout for dialling, and takes over the client that it is given.
"""

import base64
import http.client
import os
import socket
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from labctl.errors import LabError, NotReady
from labctl.targets.kubernetes.kube import Access

PROTOCOL: Final = "v4.channel.k8s.io"
DIAL_S = 5.0
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
DATA, ERROR = 0, 1
SHORT, LONG = 126, 127
SWITCHING = 101


@dataclass(frozen=True, slots=True)
class Frame:
    opcode: int
    content: bytes


class PortStream:
    """Connects when it is created. Raises NotReady when the API server or the pod does not accept it."""

    def __init__(self, access: Access, namespace: str, pod: str, port: int) -> None:
        self._seen: set[int] = set()
        where = f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}"
        self.socket = dial(access, where, PROTOCOL)
        self._buffer = b""

    def pending(self) -> bool:
        return self.socket.pending() > 0

    def close(self) -> None:
        self.socket.close()

    def send(self, content: bytes) -> None:
        self.socket.sendall(frame(BINARY, bytes([DATA]) + content))

    def end_sending(self) -> None:
        """Does nothing: the protocol cannot express a half-closed connection."""

    def receive(self) -> bytes | None:
        """The received bytes (perhaps none for the client yet), or None at the end. Raises LabError with the pod's error."""
        got = self.socket.recv(65536)
        if not got:
            return None
        self._buffer += got
        out = b""
        while (found := parse(self._buffer)) is not None:
            one, self._buffer = found
            if one.opcode == CLOSE:
                return out or None
            if one.opcode == PING:
                self.socket.sendall(frame(PONG, one.content))
            elif one.opcode == BINARY:
                out += self._of_channel(one.content)
        return out

    def _of_channel(self, content: bytes) -> bytes:
        channel, body = content[0], content[1:]
        if channel not in self._seen:
            self._seen.add(channel)
            return b""                  # the port's number
        if channel == ERROR and body:
            raise LabError("the pod refused the connection", detail=body.decode(errors="replace"))
        return body if channel == DATA else b""


def dial(access: Access, where: str, protocol: str) -> ssl.SSLSocket:
    """A WebSocket to that path of the API server. Raises NotReady when it is not accepted."""
    at = urlsplit(access.server)
    context = ssl.create_default_context(cadata=access.authority)
    context.load_cert_chain(access.client)
    connection = http.client.HTTPSConnection(at.hostname or "", at.port or 443, timeout=DIAL_S, context=context)
    key = base64.b64encode(os.urandom(16)).decode()
    try:
        connection.request("GET", where, headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Protocol": protocol,
        })
        taken = connection.sock
        status = _status(taken)
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise NotReady("the API server does not answer", detail=str(error)) from None
    if status != SWITCHING:
        connection.close()
        raise NotReady(f"the API server answered {status} to {where.partition('?')[0]}", hint="labctl status")
    taken.settimeout(None)
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken


def _status(taken: ssl.SSLSocket) -> int:
    """Read the answer's header and not a byte more: frames follow."""
    header = b""
    while not header.endswith(b"\r\n\r\n"):
        byte = taken.recv(1)
        if not byte:
            raise http.client.BadStatusLine(header.decode(errors="replace"))
        header += byte
    return int(header.split(b" ", 2)[1])


def frame(opcode: int, content: bytes) -> bytes:
    """A masked frame, as a client must send it."""
    size = len(content)
    if size < SHORT:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = bytes([0x80 | SHORT]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | LONG]) + size.to_bytes(8, "big")
    # masking protects old proxies from crafted payloads; over TLS to the lab's own API server a zero mask is enough
    return bytes([0x80 | opcode]) + length + bytes(4) + content


def parse(buffer: bytes) -> tuple[Frame, bytes] | None:
    """The first frame and the bytes after it, or None while it is incomplete. A server does not mask."""
    if len(buffer) < 2:  # noqa: PLR2004 - opcode and length
        return None
    size, start = buffer[1] & 0x7F, 2
    if size in {SHORT, LONG}:
        start = 4 if size == SHORT else 10
        if len(buffer) < start:
            return None
        size = int.from_bytes(buffer[2:start], "big")
    if len(buffer) < start + size:
        return None
    return Frame(buffer[0] & 0x0F, buffer[start:start + size]), buffer[start + size:]
