"""Who may send telemetry and ask for it: whoever has the lab's bearer token, and a client certificate where those are required.

/health stays open: probes have neither. Tokens are compared in constant time, and their file is read again when it has changed.
"""

import threading
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path
from typing import Final

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest
from labctl.telemetry.http.refusals import Refusal, Refusals

OPEN: Final = frozenset({"/health"})
_SCHEME: Final = "bearer "


class Tokens:
    """The tokens in a file, one a line; all of them are accepted."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where there is no such file."""
        self._path = path
        self._lock = threading.Lock()
        self._stamp, self._tokens = self._read()

    def judge(self, authorization: str) -> Refusal | None:
        """None where the header has a token that is accepted."""
        scheme, token = authorization[:len(_SCHEME)], authorization[len(_SCHEME):].strip().encode()
        if scheme.lower() != _SCHEME or not token:
            return Refusal.NO_TOKEN
        # every one is compared, so that the time does not tell which one was nearest
        accepted = [compare_digest(token, one) for one in self._current()]
        return None if any(accepted) else Refusal.WRONG_TOKEN

    def _current(self) -> tuple[bytes, ...]:
        with self._lock:
            try:
                if self._stamped() != self._stamp:
                    self._stamp, self._tokens = self._read()
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
        if request.path in OPEN:
            return
        if refusal := self.refuses(request.header("authorization"), has_certificate=has_certificate):
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
