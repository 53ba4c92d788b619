"""How far a pod's log has been read, so that reading can resume without losing or repeating a line.

Subtle: the API server resumes a log only by whole seconds, so a broken stream is resumed from the second of its last line, and
the lines of that second that were read already are skipped.
"""

from dataclasses import dataclass
from datetime import UTC, datetime


class Position:
    """How far a log has been read: the time of the last line, and how many lines had exactly that time."""

    def __init__(self, since: float | None = None) -> None:
        self._since = since
        self._stamp = ""
        self._same = 0

    @property
    def at(self) -> float | None:
        return seconds(self._stamp) if self._stamp else self._since

    def query(self) -> dict[str, str]:
        if self.at is None:
            return {}
        return {"sinceTime": datetime.fromtimestamp(int(self.at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}

    def resume(self) -> "Resumed":
        return Resumed(self, self._stamp, self._same)

    def move(self, stamp: str) -> None:
        self._same = self._same + 1 if stamp == self._stamp else 1
        self._stamp = stamp


@dataclass(slots=True)
class Resumed:
    """Tells for each line of a resumed stream whether it is new."""

    position: Position
    stamp: str
    left: int

    def fresh(self, stamp: str) -> bool:
        if self.stamp and stamp < self.stamp:
            return False
        if stamp == self.stamp and self.left:
            self.left -= 1
            return False
        since = self.position._since  # noqa: SLF001 - the two are one
        if since is not None and (seconds(stamp) or 0.0) < since:
            return False
        self.position.move(stamp)
        return True


def seconds(stamp: str) -> float | None:
    """Unix seconds of an RFC 3339 time with up to nine fractional digits."""
    head, _, fraction = stamp.rstrip("Z").partition(".")
    try:
        return datetime.fromisoformat(f"{head}+00:00").timestamp() + float(f"0.{fraction or 0}")
    except ValueError:
        return None
