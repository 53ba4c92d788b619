"""What has been learnt so far, and the lesson that is open, kept in a file of the lab's state folder.

Subtle: the open lesson's secret is encoded, so that a glance at the file does not give it away.
"""

import base64
import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from labctl.errors import LabError, Refused, os_reason
from labctl.host import documents

FILE: Final = "lessons.json"
POINTS: Final = 5
"""For a lesson solved at once; each hint and each wrong answer costs one."""
Secret = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OpenLesson:
    """The lesson that was begun and neither solved nor stopped."""

    name: str
    secret: str                         # encoded
    hints: int = 0                      # shown so far
    wrong: int = 0                      # answers
    changed_by: str = ""                # the command that has undone the scene since: the question is still open

    @property
    def points(self) -> int:
        return max(POINTS - self.hints - self.wrong, 0)


@dataclass(frozen=True, slots=True)
class LessonProgress:
    solved: Mapping[str, int] = field(default_factory=dict)     # lesson → most points
    open: OpenLesson | None = None

    @property
    def begun(self) -> OpenLesson | None:
        """The open lesson, unless it was interrupted before it could be asked."""
        return self.open if self.open and decode(self.open.secret) else None

    def with_solved(self, name: str, points: int) -> "LessonProgress":
        return replace(self, open=None, solved={**self.solved, name: max(points, self.solved.get(name, 0))})


def encode(secret: Secret) -> str:
    return base64.b85encode(json.dumps(dict(secret)).encode()).decode()


def decode(text: str) -> dict[str, Any]:
    return dict(json.loads(base64.b85decode(text)))


def read(state: Path) -> LessonProgress:
    """Nothing learnt yet where the file is missing. Raises LabError for one that is not as this wrote it."""
    path = state / FILE
    if not path.exists():
        return LessonProgress()
    try:
        return _read(path)
    except LabError as error:
        hint = f"rm {shlex.quote(str(path))}; labctl mend; labctl up"       # a lesson may have been open
        raise Refused(error.message, detail=error.detail, hint=hint) from None


def _read(path: Path) -> LessonProgress:
    document = documents.parse_json(documents.read_bytes(path), str(path))
    solved = {name: points.integer() for name, points in document.field("solved").fields().items()}
    begun = document.field("open")
    if not begun.present:
        return LessonProgress(solved)
    secret = begun.field("secret").text()
    with suppress(ValueError, TypeError):
        decode(secret)
        return LessonProgress(solved, OpenLesson(
            begun.field("name").text(), secret, begun.field("hints").integer(0), begun.field("wrong").integer(0),
            begun.field("changed_by").text(""),
        ))
    raise begun.field("secret").wrong("what labctl learn wrote")


def write(state: Path, progress: LessonProgress) -> None:
    """Raises LabError when the state folder cannot be written to."""
    try:
        documents.write_private(state / FILE, json.dumps(asdict(progress)))
    except OSError as error:
        raise LabError(f"progress cannot be kept: {os_reason(error)}", advice="set LABCTL_STATE_DIR to another folder") from None
