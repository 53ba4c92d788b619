"""A CA of the lab's own and the certificates that it signs, made with the library `cryptography`.

Subtle: a new CA is also signed by the one before it. A server sends that certificate with its own, so that a client which still
has only the old CA trusts it too, and CAs can be exchanged while everything runs.
"""

import ipaddress
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFETIME: Final = timedelta(days=365)
LEAF_LIFETIME: Final = timedelta(days=30)
_CLOCKS_DIFFER: Final = timedelta(minutes=5)        # between two machines: valid from a little before now


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate is for. Without `hosts` it is a client's alone."""

    name: str
    hosts: Sequence[str] = ()           # names and addresses under which it is reached
    is_client: bool = True


def new_authority(name: str, lifetime: timedelta = CA_LIFETIME) -> Pair:
    """Two of the same name have different subjects: one that signs the other must not look as if it had signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {secrets.token_hex(4)}")])     # 64 characters at most
    return _pair(_authority(subject, key.public_key(), lifetime).issuer_name(subject).sign(key, hashes.SHA256()), key)


def cross_signed(new: Pair, old: Pair) -> bytes:
    """The new CA's certificate as the old one would have issued it, no longer valid than that one's own."""
    certificate, issuer = (x509.load_pem_x509_certificate(pair.certificate) for pair in (new, old))
    left = issuer.not_valid_after_utc - datetime.now(UTC)
    builder = (
        _authority(certificate.subject, _public(certificate), left).issuer_name(issuer.subject)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(_public(issuer)), critical=False)
    )
    return _pem(builder.sign(_private(old), hashes.SHA256()))


def issue(authority: Pair, holder: Holder, lifetime: timedelta = LEAF_LIFETIME) -> Pair:
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    uses = [ExtendedKeyUsageOID.SERVER_AUTH] * bool(holder.hosts) + [ExtendedKeyUsageOID.CLIENT_AUTH] * holder.is_client
    builder = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder.name)]), key.public_key(), lifetime)
        .issuer_name(issuer.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(holder.hosts or (holder.name,))), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(_public(issuer)), critical=False)
    )
    return _pair(builder.sign(_private(authority), hashes.SHA256()), key)


def first_of(bundle: bytes, key: bytes) -> Pair | None:
    """The first certificate of a bundle with its key; None where they do not belong together."""
    try:
        first = x509.load_pem_x509_certificates(bundle)[0]
        own = serialization.load_pem_private_key(key, password=None)
        return Pair(_pem(first), key) if own.public_key() == first.public_key() else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def is_readable(certificates: bytes) -> bool:
    """Whether there is one in it, PEM, and none that is broken."""
    try:
        return bool(x509.load_pem_x509_certificates(certificates))
    except ValueError:
        return False


def shares(bundle: bytes, authorities: bytes) -> bool:
    """Whether a CA is in both, PEM."""
    try:
        return not set(x509.load_pem_x509_certificates(bundle)).isdisjoint(x509.load_pem_x509_certificates(authorities))
    except ValueError:
        return False


def belongs(certificate: bytes, authorities: bytes) -> bool:
    """Whether the first certificate of a chain was issued by one of the CAs, both PEM."""
    try:
        first = x509.load_pem_x509_certificates(certificate)[0]
        return any(_issued(first, one) for one in x509.load_pem_x509_certificates(authorities))
    except ValueError:
        return False


def trusts(authorities: bytes, chain: bytes) -> bool:
    """Whether who trusts these CAs trusts the chain: one of them has issued its first certificate, or a CA further on in it."""
    try:
        links = x509.load_pem_x509_certificates(chain)
        known = x509.load_pem_x509_certificates(authorities)
    except ValueError:
        return False
    return any(_issued(link, one) for link in links for one in known)


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - InvalidSignature, ValueError and TypeError all mean no
        return False
    return True


def _authority(subject: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta) -> x509.CertificateBuilder:
    signs = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )
    return (
        _builder(subject, key, lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _builder(subject: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder().subject_name(subject).public_key(key).serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + lifetime) - _CLOCKS_DIFFER).not_valid_after(now + lifetime)
    )


def _names(hosts: Iterable[str]) -> Iterable[x509.GeneralName]:
    for host in hosts:
        try:
            yield x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            yield x509.DNSName(host)


def _public(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _private(pair: Pair) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pair.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(_pem(certificate), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
