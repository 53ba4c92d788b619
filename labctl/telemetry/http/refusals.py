"""What was refused before it was looked at: for want of a token, of a certificate, or of TLS itself.

Each is counted by its reason, and said in the log at most once in a while: a sender may try ten times a second.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

SAY_EVERY_S = 10.0


class Refusal(StrEnum):
    NO_TOKEN = "no bearer token"  # noqa: S105 - in words
    WRONG_TOKEN = "a wrong bearer token"  # noqa: S105 - in words
    NO_CERTIFICATE = "no client certificate"
    FOREIGN_CERTIFICATE = "a client certificate of an unknown CA"
    EXPIRED_CERTIFICATE = "an expired client certificate"
    PLAIN_TEXT = "plain text to a TLS port"
    CA_REFUSED = "the client does not trust the viewer's CA"
    HANDSHAKE = "a TLS handshake that failed"


class Refusals:
    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say
        self._counts: Counter[Refusal] = Counter()
        self._said: dict[Refusal, float] = {}
        self._lock = threading.Lock()

    def add(self, refusal: Refusal, detail: str = "") -> None:
        with self._lock:
            self._counts[refusal] += 1
            now, count = time.monotonic(), self._counts[refusal]
            if now - self._said.get(refusal, -SAY_EVERY_S) < SAY_EVERY_S:
                return
            self._said[refusal] = now
        self._say(f"refused: {refusal.value}{f' ({detail})' if detail else ''}, {count} so far")

    def counts(self) -> dict[str, int]:
        """By the enum's name."""
        with self._lock:
            return {refusal.name.lower(): count for refusal, count in self._counts.items()}
