"""Names of the ways in which a request fails without a readable response, and how the first bytes tell them apart."""

import errno
import re
import ssl
from typing import Final

from labctl.load.server.tls import in_words

MALFORMED: Final = "malformed response"
HTTP2: Final = "HTTP/2 response"
TLS: Final = "TLS response"
CUT_OFF: Final = "incomplete response"
CLOSED: Final = "connection closed"
RESET: Final = "connection reset"
STALE: Final = "stale connection"
TOO_MANY_FILES: Final = "too many open files"
_REFUSED, _FILES, _PORTS = "connection refused", TOO_MANY_FILES, "out of local ports"
_NAMED: Final = {
    errno.ECONNREFUSED: _REFUSED, errno.ECONNRESET: RESET, errno.EPIPE: RESET, errno.ECONNABORTED: RESET,
    errno.ETIMEDOUT: "timeout", errno.EMFILE: TOO_MANY_FILES, errno.ENFILE: TOO_MANY_FILES, errno.EADDRNOTAVAIL: _PORTS,
}
NEVER_SENT: Final = frozenset({_REFUSED, _FILES, _PORTS})
"""Failures after which the server has certainly not seen the request."""
_SHOWN: Final = 60                      # first bytes of a malformed response
_SETTINGS: Final = re.compile(rb"\0.{2}\x04\0\0{4}", re.DOTALL)     # RFC 9113, 6.5: a server's first frame in HTTP/2
_GOAWAY: Final = re.compile(rb"\0.{2}\x07\0\0{4}", re.DOTALL)
_ALERT: Final = re.compile(rb"\x15\x03[\0-\x04]\0\x02[\x01\x02]")   # RFC 8446, 6: a TLS server's answer to plain text


def failure(error: OSError | None) -> str:
    """The failure's name for a connection's error; None: the server closed it."""
    if error is None:
        return CLOSED
    if isinstance(error, ssl.SSLError):
        return in_words(error)
    return _NAMED.get(error.errno or 0) or (error.strerror or str(error) or type(error).__name__).lower()


def malformed(response: bytes) -> str:
    """The failure's name for bytes that are no HTTP/1.1 response."""
    if _SETTINGS.match(response) or _GOAWAY.match(response):
        return HTTP2
    return TLS if _ALERT.match(response) else MALFORMED


def shown(response: bytes) -> str:
    """Its first bytes in ASCII, all others as escapes."""
    return repr(response[:_SHOWN])[2:-1] + ("…" if len(response) > _SHOWN else "")
