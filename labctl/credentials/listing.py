"""The lab's certificates as values: whom each is for, who has issued it, and when it expires."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from labctl.errors import Refused

LEAF_ENDS: Final = timedelta(days=10)   # before its end: a third of what it was made for
CA_ENDS: Final = timedelta(days=40)     # longer than the life of a certificate that it signs


@dataclass(frozen=True, slots=True)
class Listed:
    holder: str                         # a component, `labctl`, or `ca`
    subject: str
    issuer: str
    names: Sequence[str]                # its subject alternative names
    begins: datetime
    ends: datetime
    serial: str
    path: str

    @property
    def left(self) -> timedelta:
        return self.ends - datetime.now(UTC)

    @property
    def is_due(self) -> bool:
        """Whether it has expired, or should be renewed."""
        return self.left < (CA_ENDS if self.holder == "ca" else LEAF_ENDS)

    def as_json(self) -> dict[str, Any]:
        times = {"begins": self.begins.timestamp(), "ends": self.ends.timestamp(), "is_due": self.is_due}
        return {**asdict(self), **times, "names": list(self.names)}


def certificates(folder: Path) -> list[Listed]:
    """The CAs that are trusted, the present one first, and each holder's. Raises Refused for a file that is no certificate."""
    return _certificates(folder, _read)


def readable(folder: Path) -> list[Listed]:
    """The same, without the files that hold none."""
    return _certificates(folder, _readable)


def _certificates(folder: Path, read: Callable[[Path], Sequence[x509.Certificate]]) -> list[Listed]:
    cas = [("ca", folder / "ca.crt", one) for one in read(folder / "ca.crt")]
    leaves = [(path.parent.name, path, one) for path in sorted(folder.glob("*/tls.crt")) for one in read(path)[:1]]
    return [_listed(holder, str(path), one) for holder, path, one in (*cas, *leaves)]


def due(folder: Path) -> list[Listed]:
    """Those that should be renewed; of the CAs the present one, as older ones are only on their way out."""
    found = readable(folder)
    return [one for one in found if one.is_due and (one.holder != "ca" or one is found[0])]


def ends_soon(certificate: bytes, within: timedelta) -> bool:
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc - datetime.now(UTC) < within


def listed(holder: str, path: str, content: bytes) -> Listed | None:
    """The first of the certificates, PEM; None where there is none."""
    try:
        return _listed(holder, path, x509.load_pem_x509_certificates(content)[0])
    except ValueError:
        return None


def _read(path: Path) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise Refused(f"{path} is not a certificate: {error}", hint="labctl certs rotate") from None


def _readable(path: Path) -> Sequence[x509.Certificate]:
    try:
        return _read(path)
    except Refused:
        return ()


def _listed(holder: str, path: str, one: x509.Certificate) -> Listed:
    return Listed(
        holder, _name(one.subject), _name(one.issuer), list(_names(one)), one.not_valid_before_utc, one.not_valid_after_utc,
        f"{one.serial_number:x}", path,
    )


def _name(name: x509.Name) -> str:
    return name.rfc4514_string().removeprefix("CN=")


def _names(one: x509.Certificate) -> Iterator[str]:
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (str(name.value) for name in names)
