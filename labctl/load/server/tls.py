"""TLS to the server under load: the client's settings, the handshake, and its failures in plain words.

Subtle: several causes share one alert. How far the handshake came tells them apart, so its bytes are kept: a server that sent
a CertificateRequest before its alert wants a client certificate; one that refuses at once shares no cipher suite.
"""

import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.errors import LabError, UsageError

_HANDSHAKE_S: Final = 3.0
_READ: Final = 1 << 14
_CONTENT: Final = range(20, 24)         # content types of TLS records (RFC 8446, 5.1)
_ALERT, _HANDSHAKE = 21, 22
_CERTIFICATE_REQUEST: Final = 13        # a type of handshake message (RFC 5246, 7.4)
_REFUSED: Final = 40                    # alerts (RFC 8446, 6)
_NO_CERTIFICATE: Final = 116
_GIVE: Final = "--cert FILE --key FILE"
_OTHER: Final = "--cert FILE --key FILE, with a certificate that the server trusts"
_ALERTS: Final = {
    _REFUSED: ("no cipher suite in common", ""),
    42: ("client certificate refused", _OTHER), 43: ("client certificate refused", _OTHER),
    44: ("client certificate refused: revoked", _OTHER), 45: ("client certificate refused: expired", _OTHER),
    46: ("client certificate refused", _OTHER), 48: ("client certificate refused: unknown authority", _OTHER),
    49: ("client certificate refused", _OTHER),
    70: ("the server supports only TLS versions before 1.2", ""),
    71: ("the server requires stronger cipher suites", ""),
    112: ("the server refuses the name in the URL (SNI)", "a name in the URL that the server has a certificate for"),
    _NO_CERTIFICATE: ("client certificate required", _GIVE),
    120: ("the server speaks only HTTP/2 (ALPN)", "a server or port that speaks HTTP/1.1"),
}
_REASONS: Final = {                     # OpenSSL's names of alerts, and of errors that this side finds
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _REFUSED, "TLSV13_ALERT_CERTIFICATE_REQUIRED": _NO_CERTIFICATE,
    "TLSV1_ALERT_PROTOCOL_VERSION": 70, "UNSUPPORTED_PROTOCOL": 70, "TLSV1_ALERT_INSUFFICIENT_SECURITY": 71,
    "TLSV1_UNRECOGNIZED_NAME": 112, "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": 120, "SSLV3_ALERT_BAD_CERTIFICATE": 42,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": 43, "SSLV3_ALERT_CERTIFICATE_REVOKED": 44, "SSLV3_ALERT_CERTIFICATE_EXPIRED": 45,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": 46, "TLSV1_ALERT_UNKNOWN_CA": 48, "TLSV1_ALERT_ACCESS_DENIED": 49,
}


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How the server's certificate is verified, and the client's certificate and key, as paths of PEM files."""

    insecure: bool = False              # skip the verification of the server's certificate
    cert: str | None = None
    key: str | None = None              # None: in the same file

    def context(self) -> ssl.SSLContext:
        """For HTTP/1.1 over TLS. Raises UsageError for files without a certificate or key."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert:
            _load(context, self.cert, self.key)
        return context


def in_words(error: ssl.SSLError) -> str:
    """The name of a failure, without OpenSSL's source location."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    alert = _ALERTS.get(_REASONS.get(_code(error), 0))
    return f"tls: {alert[0] if alert else _reason(error)}"


def hint_for(kind: str) -> str:
    """The remedy for a failure of that name; "" without one."""
    return next((hint for words, hint in _ALERTS.values() if kind == f"tls: {words}"), "")


def shake_hands(connection: socket.socket, tls: ClientTls, host: str, authority: str) -> None:
    """A handshake before the run, so that its failure is reported once. Raises LabError."""
    received = bytearray()
    try:
        _handshake(connection, tls.context(), host, received)
    except ssl.SSLCertVerificationError as error:
        raise LabError(
            f"{authority} has a certificate that is not trusted: {error.verify_message}",
            advice="--insecure skips TLS verification; SSL_CERT_FILE=ca.pem sets the trusted CAs",
        ) from None
    except OSError as error:
        raise _refusal(error, bytes(received), authority) from None


def _handshake(connection: socket.socket, context: ssl.SSLContext, host: str, received: bytearray) -> None:
    """Through memory buffers, so that the bytes of the server can be inspected."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=host)
    deadline = time.monotonic() + _HANDSHAKE_S
    while True:
        try:
            tls.do_handshake()
            connection.sendall(outgoing.read())
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            connection.settimeout(max(deadline - time.monotonic(), 1e-3))
            data = connection.recv(_READ)
            if not data:
                raise ConnectionAbortedError from None
            received += data
            incoming.write(data)
        else:
            return


def _refusal(error: OSError, received: bytes, authority: str) -> LabError:
    if received and received[0] not in _CONTENT:
        return LabError(f"{authority} does not speak TLS", detail=f"it answered {received[:40]!r}", advice="use http://")
    if isinstance(error, TimeoutError):
        return LabError(f"{authority} does not speak TLS, or is too busy to: no handshake within {_HANDSHAKE_S:g} s")
    if not isinstance(error, ssl.SSLError):
        done = "closed the connection" if isinstance(error, ConnectionAbortedError) else "reset the connection"
        advice = "" if received else "use http:// if the server does not speak TLS"
        return LabError(f"{authority} {done} in the TLS handshake", advice=advice)
    words, hint = _ALERTS.get(_alert(error, received), (_reason(error), ""))
    return LabError(f"TLS handshake with {authority} failed: {words}", hint=hint)


def _alert(error: ssl.SSLError, received: bytes) -> int:
    """The alert in the last record, or the one for an error that OpenSSL found itself; 0: unknown."""
    records = list(_records(received))
    fatal = next((body[1] for kind, body in reversed(records) if kind == _ALERT and len(body) > 1), 0)
    alert = fatal or _REASONS.get(_code(error), 0)
    return _NO_CERTIFICATE if alert == _REFUSED and _asked_for_certificate(records) else alert


def _records(received: bytes) -> "list[tuple[int, bytes]]":
    """Type and body of each complete TLS record."""
    found, at = [], 0
    while at + 5 <= len(received):
        end = at + 5 + int.from_bytes(received[at + 3:at + 5], "big")
        found.append((received[at], received[at + 5:end]))
        at = end
    return found


def _asked_for_certificate(records: "list[tuple[int, bytes]]") -> bool:
    """Whether there is a CertificateRequest, which is not encrypted before TLS 1.3."""
    messages, at = b"".join(body for kind, body in records if kind == _HANDSHAKE), 0
    while at + 4 <= len(messages):
        if messages[at] == _CERTIFICATE_REQUEST:
            return True
        at += 4 + int.from_bytes(messages[at + 1:at + 4], "big")
    return False


def _code(error: ssl.SSLError) -> str:
    """OpenSSL's name of the error; "" without one."""
    return getattr(error, "reason", None) or ""


def _reason(error: ssl.SSLError) -> str:
    """`wrong version number` of `[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)`."""
    text = _code(error) or (error.strerror or str(error)).rpartition("] ")[2].partition(" (_ssl")[0]
    return (text or type(error).__name__).replace("_", " ").lower()


def _load(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    for flag, path in (("--cert", cert), ("--key", key)):
        if path is not None:
            _readable(flag, path)
    files = f"--cert {cert}" + (f" --key {key}" if key else "")
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(f"{files}: the key does not belong to the certificate") from None
        where = "" if key else ", or the key is in another file: --key FILE"
        raise UsageError(f"{files}: no certificate and key in PEM format{where}") from None


def _readable(flag: str, path: str) -> None:
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise UsageError(f"{flag} {path}: {error.strerror}") from None


def _no_password() -> str:
    raise UsageError("--key: the key is encrypted", hint="openssl pkey -in KEY -out PLAIN, and --key PLAIN")
