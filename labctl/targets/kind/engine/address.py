"""The Docker engine's address, chosen as the `docker` command does: DOCKER_HOST > DOCKER_CONTEXT > config.json > default socket.

https://docs.docker.com/engine/manage-resources/contexts/ and https://docs.docker.com/reference/cli/docker/#environment-variables.
The docker package's own `from_env` ignores contexts, and turns on TLS for DOCKER_CERT_PATH where the command does not.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.errors import Refused
from labctl.redaction import redacted

LOCAL: Final = "labctl up --target local"
CERTIFICATES: Final = ("ca.pem", "cert.pem", "key.pem")


@dataclass(frozen=True, slots=True)
class Tls:
    ca: Path | None
    certificate: tuple[Path, Path] | None
    verify: bool


@dataclass(frozen=True, slots=True)
class EngineAddress:
    url: str                            # empty: the engine's default socket
    tls: Tls | None
    source: str                         # the setting it comes from, such as DOCKER_HOST=…; empty for the default


def address(environ: Mapping[str, str] = os.environ) -> EngineAddress:
    """Raises Refused with the variable or the file that names something missing."""
    host = environ.get("DOCKER_HOST", "")
    if host:
        shown = redacted(f"DOCKER_HOST={host}")
        if host.startswith("ssh://"):
            raise Refused(
                f"{shown} is an engine on another machine: its ports are not this machine's",
                hint=f"unset DOCKER_HOST\n{LOCAL}",
            )
        return EngineAddress(host, _tls_of(environ), shown)
    named = environ.get("DOCKER_CONTEXT", "")
    name = named or _current_context(environ)
    if name == "default":
        _tls_of(environ)                # a socket needs no certificates, but `docker`, which kind calls, fails without them
        return EngineAddress("", None, "")
    return _context(name, f"DOCKER_CONTEXT={name}" if named else f"the current context {name} in {config_file(environ)}")


def _context(name: str, source: str) -> EngineAddress:
    from docker.context import ContextAPI

    hint = f"docker context ls; {'unset DOCKER_CONTEXT' if source.startswith('DOCKER_') else 'docker context use default'}"
    try:
        context = ContextAPI.get_context(name)
    except Exception as error:  # noqa: BLE001 - the package raises bare exceptions of a context's file that makes no sense
        raise Refused(f"the Docker context {name} cannot be read ({source})", detail=str(error), hint=hint) from None
    if context is None:
        raise Refused(f"there is no Docker context {name} ({source})", hint=hint)
    if context.Host.startswith("ssh://"):
        raise Refused(f"the engine of the Docker context {name} is on another machine ({source})", hint=hint)
    config = context.TLSConfig
    tls = Tls(_path(config.ca_cert), _pair(config.cert), bool(config.verify)) if config else None
    return EngineAddress(context.Host, tls, source)


def _current_context(environ: Mapping[str, str]) -> str:
    """As the docker package reads it, whose import takes 70 ms: a file that makes no sense counts as none."""
    try:
        found = json.loads(config_file(environ).read_bytes())
    except (OSError, ValueError):
        return "default"
    return str(found.get("currentContext") or "default") if isinstance(found, dict) else "default"


def _tls_of(environ: Mapping[str, str]) -> Tls | None:
    """DOCKER_TLS_VERIFY turns TLS on; DOCKER_CERT_PATH only says where the certificates are."""
    if not environ.get("DOCKER_TLS_VERIFY"):
        return None
    named = environ.get("DOCKER_CERT_PATH", "")
    folder = Path(named or config_file(environ).parent)
    missing = [name for name in CERTIFICATES if not (folder / name).is_file()]
    if missing:
        source = f" (DOCKER_CERT_PATH={named})" if named else ""
        raise Refused(
            f"DOCKER_TLS_VERIFY is set, and {folder / missing[0]} is not there{source}",
            hint=f"unset DOCKER_CERT_PATH DOCKER_TLS_VERIFY\n{LOCAL}",
        )
    ca, certificate, key = (folder / name for name in CERTIFICATES)
    return Tls(ca, (certificate, key), verify=True)


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    named = environ.get("DOCKER_CONFIG", "")
    # a user without a home folder has no such file, which is no error
    return Path(named or os.path.expanduser("~/.docker")) / "config.json"  # noqa: PTH111 - Path's own raises then


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


def _pair(names: tuple[str, str] | None) -> tuple[Path, Path] | None:
    return (Path(names[0]), Path(names[1])) if names else None
