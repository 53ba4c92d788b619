"""What the lab's certificates are, and which of them the service was given, where the switch --tls is on."""

from pathlib import Path
from typing import Final

from labctl.credentials.certificates import Certificates
from labctl.credentials.file_names import CERTIFICATE
from labctl.errors import LabError
from labctl.model import Command, Target
from labctl.switches.security import TLS
from labctl.targets import secured
from labctl.why.facts import Facts, SecurityFacts

_OTLP: Final = "OTEL_EXPORTER_OTLP_"
_IN_POD: Final = Path("/etc/lab")
_BOTH: Final = 'cat "$0"; printf "\\0"; cat "$1"'
_READ_S: Final = 1.5


def is_on(target: Target) -> bool:
    """Whether there are certificates. Where there are, also begins with the import of what reads them."""
    if TLS.name not in target.switches():
        return False
    from labctl.credentials import listing  # noqa: F401 - imports cryptography, a tenth of a second

    return True


def look(target: Target, facts: Facts) -> SecurityFacts:
    from labctl.credentials import authority, inspection, listing

    own = secured.certificates(facts.spec, target.namespace)
    env = facts.env("service")
    paths = [env.get(f"{_OTLP}{name}", "") for name in ("CLIENT_CERTIFICATE", "CERTIFICATE")]
    shown, trusted = _in_pod(target, facts, paths) or [_read(_file(own, path)) for path in paths]
    bundle, of_collector = own.authorities(), _read(own.of("collector") / CERTIFICATE)
    return SecurityFacts(
        listing.readable(own.folder),
        listing.listed("service", paths[0], shown),
        authority.belongs(shown, bundle) if shown and bundle else None,
        authority.trusts(trusted, of_collector) if trusted and of_collector else None,
        inspection.broken(target.credentials(), bundle),
    )


def _in_pod(target: Target, facts: Facts, paths: list[str]) -> list[bytes]:
    """The certificates, which are no secret, as the pod has them; nothing where it has none, or where all is well."""
    if not all(path.startswith(f"{_IN_POD}/") for path in paths) or (facts.canary and facts.canary.whole):
        return []
    try:
        said = target.output_of(Command("service", ["sh", "-c", _BOTH, *paths]), _READ_S)
    except (LabError, OSError):
        return []
    return said.stdout.split(b"\0") if said.code == 0 else []


def _file(own: Certificates, path: str) -> Path:
    """A pod's path as the state folder's."""
    found = Path(path)
    return own.state / found.relative_to(_IN_POD) if found.is_relative_to(_IN_POD) else found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
