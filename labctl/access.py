"""What it takes to connect to the lab's own https addresses: the CA to trust, a client certificate, a bearer token.

A target, which knows the lab's files, registers them by origin with the addresses that it gives out, so that everything above
it needs only a URL. They are sent to no other origin. The token is read for each request, since it may be exchanged meanwhile.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labctl.errors import Refused, os_reason

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True, slots=True)
class Credentials:
    """Paths of PEM files, and of a file whose first line is the token; "": none."""

    ca: str = ""
    certificate: str = ""
    key: str = ""
    token: str = ""

    def context(self) -> "ssl.SSLContext":
        """Raises Refused where a file is missing or is not PEM."""
        import ssl

        read = [self.ca]
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
            if self.certificate:
                read = [self.certificate, self.key]
                context.load_cert_chain(*read)
        except OSError as error:        # SSLError too; neither says which file
            files = [path for path in read if not os.access(path, os.R_OK)] or read
            raise Refused(
                f"the lab's certificates cannot be used: {os_reason(error)}", detail=", ".join(files), hint="labctl up",
            ) from None
        return context

    def stamp(self) -> tuple[float, ...]:
        """Another one after a file of the certificates was changed."""
        return tuple(_changed_at(Path(path)) for path in (self.ca, self.certificate, self.key) if path)

    def headers(self) -> dict[str, str]:
        token = self.token and first_token(Path(self.token))
        return {"authorization": f"Bearer {token}"} if token else {}


_BY_ORIGIN: dict[str, Credentials] = {}


def register(url: str, access: Credentials) -> str:
    """Use it for every request to the URL's origin. Returns the URL."""
    _BY_ORIGIN[urlsplit(url).netloc] = access
    return url


def of(url: str) -> Credentials | None:
    return _BY_ORIGIN.get(urlsplit(url).netloc)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def first_token(path: Path) -> str:
    """The one that a client sends; "" where the file cannot be read or has none, which the server then refuses."""
    try:
        first = path.read_text().partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return first if is_token(first) else ""


def is_token(word: str) -> bool:
    """Whether a header can hold it."""
    return bool(word) and word.isascii() and word.isprintable() and " " not in word
