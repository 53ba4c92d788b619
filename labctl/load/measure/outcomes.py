"""The outcome of each single request, for the ledger: its status, when it was sent, and whether its span was acknowledged.

Seven bytes a request, kept only with client spans. Subtle: a request without an answer may or may not have made spans at the
service; a request that was never sent, because no connection could be opened, has made none.
"""

from array import array
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final
from zlib import compress, decompress

UNANSWERED: Final = 0                   # timed out, cut off, or still running at the end
UNSENT: Final = 1                       # no connection could be opened
FIRST_STATUS: Final = 100


@dataclass(slots=True)
class Outcomes:
    """Of one generator's requests, in the order in which it sent them, from 0."""

    statuses: "array[int]" = field(default_factory=lambda: array("H"))
    sent_s: "array[float]" = field(default_factory=lambda: array("f"))      # since the run's start
    acknowledged: bytearray = field(default_factory=bytearray)
    collector_lost_s: float = inf       # when the collector ended its connection and did not answer any more; inf: it did not

    def record(self, turn: int, status: int, sent_s: float) -> None:
        if missing := turn + 1 - len(self.statuses):
            self.grow(missing)
        self.statuses[turn], self.sent_s[turn] = status, sent_s

    def grow(self, number: int) -> None:
        if number > 0:
            self.statuses.extend([UNANSWERED] * number)
            self.sent_s.extend([0.0] * number)
            self.acknowledged.extend(bytes(number))

    def acknowledge(self, turns: Sequence[int]) -> None:
        for turn in turns:
            self.acknowledged[turn] = 1

    def as_json(self) -> list[Any]:
        parts = (self.statuses, self.sent_s, self.acknowledged)
        return [self.collector_lost_s, *(b64encode(compress(bytes(part), 1)).decode() for part in parts)]

    @classmethod
    def read(cls, value: Sequence[Any]) -> "Outcomes":
        statuses, sent_s, acknowledged = (decompress(b64decode(part)) for part in value[1:])
        return cls(array("H", statuses), array("f", sent_s), bytearray(acknowledged), float(value[0]))
