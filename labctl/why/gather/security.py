"""What the lab's certificates are, and which of them the service was given, where the switch --tls is on."""

from pathlib import Path
from typing import Final

from labctl.credentials.certificates import CA, CERTIFICATE, Certificates
from labctl.model import Target
from labctl.switches.security import TLS
from labctl.targets import secured
from labctl.why.facts import Facts, SecurityFacts

_OTLP: Final = "OTEL_EXPORTER_OTLP_"
_IN_POD: Final = Path("/etc/lab")


def is_on(target: Target) -> bool:
    """Whether there are certificates. Where there are, also begins with the import of what reads them."""
    if TLS.name not in target.switches():
        return False
    from labctl.credentials import listing  # noqa: F401 - imports cryptography, a tenth of a second

    return True


def look(target: Target, facts: Facts) -> SecurityFacts:
    """Reads files of this machine alone."""
    from labctl.credentials import authority, listing

    own = secured.certificates(facts.spec, target.namespace)
    env = facts.env("service")
    shown, trusted = (_file(own, env.get(f"{_OTLP}{name}", "")) for name in ("CLIENT_CERTIFICATE", "CERTIFICATE"))
    bundle, of_collector = _read(own.folder / CA), _read(own.of("collector") / CERTIFICATE)
    return SecurityFacts(
        listing.certificates(own.folder),
        listing.listed("service", shown) if shown else None,
        authority.belongs(_read(shown), bundle) if shown and bundle else None,
        authority.trusts(_read(trusted), of_collector) if trusted and of_collector else None,
    )


def _file(own: Certificates, path: str) -> Path | None:
    """A pod's path as the state folder's; None where there is no such file here."""
    found = Path(path) if path else None
    if found and found.is_relative_to(_IN_POD):
        found = own.state / found.relative_to(_IN_POD)
    return found if found and found.is_file() else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
