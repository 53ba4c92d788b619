"""Heads of responses that were read to their end and came at once, by the response's size: what begins with such a head and is
as long is a whole response too, since the head says how long its body is.

Most servers send the same head for a second, so this finds most responses at a quarter of the parser's cost. Only statuses that
are a success are learnt, so that what is known needs no second look.
"""

from collections.abc import Sequence
from typing import Final

from labctl.load.generator.http1 import response_head

_MOST: Final = 64
_PATIENCE: Final = 256


class KnownHeads:
    """What the connections of a run have learnt together."""

    def __init__(self, success: Sequence[bool]) -> None:
        self._success = success                         # by status
        self.known: dict[int, tuple[bytes, int]] = {}   # size of the whole response → head, status
        self._missed = 0

    def learn(self, response: bytes, status: int) -> None:
        """A response after which the connection stays open. Heads that never come again are not worth much work."""
        self._missed += 1
        if not self._success[status] or (self._missed > _PATIENCE and self._missed % _PATIENCE):
            return
        head = response_head.whole(response)
        if not head:                                    # in chunks, or something else stands around it
            return
        if len(self.known) >= _MOST:
            self.known.clear()
        self.known[len(response)] = head, status
