"""TLS of the viewer's ports. The files are read again when one of them has changed, for connections from then on.

A client certificate is asked for and not required by the handshake: a probe of /health has none. `guard` requires it of every
other request.
"""

import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

from labctl.telemetry.http.refusals import Refusal, Refusals

_REFUSALS = {
    "HTTP_REQUEST": Refusal.PLAIN_TEXT, "WRONG_VERSION_NUMBER": Refusal.PLAIN_TEXT,
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": Refusal.NO_CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": Refusal.CA_REFUSED, "SSLV3_ALERT_BAD_CERTIFICATE": Refusal.CA_REFUSED,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": Refusal.CA_REFUSED, "SSLV3_ALERT_CERTIFICATE_EXPIRED": Refusal.CA_REFUSED,
}
_EXPIRED = 10                           # X509_V_ERR_CERT_HAS_EXPIRED
Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    folder: Path
    client_certificates: bool = False   # clients must have one by a CA of the same file

    @property
    def certificate(self) -> Path:
        return self.folder / "tls.crt"

    @property
    def key(self) -> Path:
        return self.folder / "tls.key"

    @property
    def authorities(self) -> Path:
        return self.folder / "ca.crt"

    def stamp(self) -> Stamp:
        """Another one after a file was changed. Raises OSError."""
        found = (path.stat() for path in (self.certificate, self.key, self.authorities))
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in found)

    def context(self) -> ssl.SSLContext:
        """Raises OSError, of which SSLError is one."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        if self.client_certificates:
            context.load_verify_locations(self.authorities)
            context.verify_mode = ssl.CERT_OPTIONAL
        return context


class ServerTls:
    def __init__(self, files: TlsFiles, refusals: Refusals) -> None:
        """Raises OSError where the files cannot be used."""
        self.files = files
        self._refusals = refusals
        self._lock = threading.Lock()
        self._stamp = files.stamp()
        self._context = files.context()

    def accept(self, channel: socket.socket, patience_s: float) -> ssl.SSLSocket | None:
        """The connection after its handshake; None where that failed, and the connection is closed."""
        channel.settimeout(patience_s)
        try:
            return self._current().wrap_socket(channel, server_side=True)
        except OSError as error:
            if refusal := refusal_of(error):
                self._refusals.add(refusal, _detail(error))
            return None

    def _current(self) -> ssl.SSLContext:
        with self._lock:
            try:
                if (stamp := self.files.stamp()) != self._stamp:
                    self._context, self._stamp = self.files.context(), stamp
            except OSError:
                pass                    # in the middle of an exchange: the next connection tries again
            return self._context


def refusal_of(error: OSError) -> Refusal | None:
    """None where the client just went away."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Refusal.EXPIRED_CERTIFICATE if error.verify_code == _EXPIRED else Refusal.FOREIGN_CERTIFICATE
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError):
        return None
    return _REFUSALS.get(error.reason or "", Refusal.HANDSHAKE)


def _detail(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()
