"""Heads of responses that came complete in one read, by the response's size: a read that begins with such a head and has the
same size is a complete response too, since the head says how long its body is.

Most servers send the same head for a second (until Date changes), so most responses are found at a quarter of the parser's
cost. Only heads of successful statuses are learnt, so that a match needs no further check.
"""

from collections.abc import Sequence
from typing import Final

from labctl.load.generator.http1 import response_head

_MOST: Final = 64
_PATIENCE: Final = 256


class KnownHeads:
    """Shared by the connections of a run."""

    def __init__(self, success: Sequence[bool]) -> None:
        self._success = success                         # by status
        self.known: dict[int, tuple[bytes, int]] = {}   # size of the whole response → head, status
        self.longest = 0                                # size of the largest response that was ever learnt
        self._missed = 0

    def learn(self, response: bytes, status: int) -> None:
        """Learn from a response after which the connection stays open; cheap, since many heads never come again."""
        self._missed += 1
        if not self._success[status] or (self._missed > _PATIENCE and self._missed % _PATIENCE):
            return
        head = response_head.whole(response)
        if not head:                                    # chunked, or there are bytes before or after it
            return
        if len(self.known) >= _MOST:
            self.known.clear()
        self.known[len(response)] = head, status
        self.longest = max(self.longest, len(response))
