"""Parts that are gathered in parallel until one deadline: a part that fails or is late is said, and does not fail the rest."""

from collections.abc import Callable
from typing import TypeVar

from labctl.errors import LabError
from labctl.host.background_task import BackgroundTask
from labctl.host.waiting import Deadline

T = TypeVar("T")


class Parts:
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.failed: list[str] = []

    def start(self, read: Callable[[], T]) -> BackgroundTask[T]:
        return BackgroundTask(read)

    def result(self, name: str, part: BackgroundTask[T], instead: T, *, longer_s: float = 0.0) -> T:
        """`longer_s`: how long it may take beyond the deadline."""
        if not part.done(self._deadline.left + longer_s):
            self.failed.append(f"{name}: no answer in time")
            return instead
        try:
            return part.result()
        except LabError as error:
            self.failed.append(f"{name}: {': '.join(filter(None, (error.message, error.detail)))}")
        except Exception as error:  # noqa: BLE001 - whatever it was, the other parts still say something
            self.failed.append(f"{name}: {type(error).__name__}: {error}")
        return instead
