"""Who may send telemetry and ask for it: whoever has the lab's bearer token, and a client certificate where those are required.

/health stays open: probes have neither; and the page's own files do, which hold nothing of the lab and ask for the token. Tokens
are compared in constant time, and their file is read again when it has changed.
"""

import threading
import time
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path
from typing import Final

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest
from labctl.telemetry.http.refusals import Refusal, Refusals

OPEN: Final = frozenset({"/health", "/"})
OPEN_FOLDER: Final = "/page/"
OF_THE_PAGE: Final = ("/api/page/", "/api/live")
_SCHEME: Final = "bearer "
_NEVER: Final = float("-inf")


class Tokens:
    """The tokens in a file, one a line; all of them are accepted."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where there is no such file."""
        self._path = path
        self._lock = threading.Lock()
        self._stamp, self._tokens = self._read()
        self._read_at, self._first_at, self._others_at = time.monotonic(), _NEVER, _NEVER

    def judge(self, authorization: str) -> Refusal | None:
        """None where the header has a token that is accepted."""
        scheme, token = authorization[:len(_SCHEME)], authorization[len(_SCHEME):].strip().encode()
        if scheme.lower() != _SCHEME or not token:
            return Refusal.NO_TOKEN
        # every one is compared, so that the time does not tell which one was nearest
        accepted = [compare_digest(token, one) for one in self._current()]
        if not any(accepted):
            return Refusal.WRONG_TOKEN
        if accepted[0]:
            self._first_at = time.monotonic()
        else:
            self._others_at = time.monotonic()
        return None

    def ages(self) -> dict[str, float | None]:
        """Seconds since the file was read, since the first of its tokens came, and since another one did; None: it never did."""
        now, since = time.monotonic(), {"read": self._read_at, "first": self._first_at, "others": self._others_at}
        return {name: None if at == _NEVER else now - at for name, at in since.items()}

    def _current(self) -> tuple[bytes, ...]:
        with self._lock:
            try:
                if self._stamped() != self._stamp:
                    self._stamp, self._tokens = self._read()
                    self._read_at, self._first_at, self._others_at = time.monotonic(), _NEVER, _NEVER
            except OSError:
                pass                    # in the middle of an exchange
            return self._tokens

    def _read(self) -> tuple[tuple[int, int], tuple[bytes, ...]]:
        stamp = self._stamped()
        return stamp, tuple(word for line in self._path.read_bytes().splitlines() if (word := line.strip()))

    def _stamped(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_ino, found.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Guard:
    tokens: Tokens | None = None
    certificates: bool = False          # are required
    refusals: Refusals = field(default_factory=Refusals)

    def check(self, request: HttpRequest, *, has_certificate: bool) -> None:
        """Raises HTTPProblem."""
        if request.path in OPEN or request.path.startswith(OPEN_FOLDER):
            return
        authorization, met = request.header("authorization"), has_certificate or not self.certificates
        if met and not authorization and self.tokens and request.path.startswith(OF_THE_PAGE):
            # it asks for one then, and is not counted as a sender that lacks it
            raise HTTPProblem(401, f"refused: {Refusal.NO_TOKEN.value}")
        if refusal := self.refuses(authorization, has_certificate=has_certificate):
            status = 403 if refusal is Refusal.NO_CERTIFICATE else 401
            raise HTTPProblem(status, f"refused: {refusal.value}")

    def refuses(self, authorization: str, *, has_certificate: bool) -> Refusal | None:
        """Counts it too."""
        if self.certificates and not has_certificate:
            refusal: Refusal | None = Refusal.NO_CERTIFICATE
        else:
            refusal = self.tokens.judge(authorization) if self.tokens else None
        if refusal:
            self.refusals.add(refusal)
        return refusal
