"""What a load run shows while it lasts. `labctl.ui.load.screen` implements it for a terminal."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from labctl.load.judge.capacity import Trial
from labctl.load.ledger.await_spans import Progress
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan

Update = Callable[[Snapshot, Sequence[str]], None]
"""Called about eight times a second during a run, with the last lines of the log that is shown beside it."""


class Screen(Protocol):
    def say(self, text: str) -> None:
        """One line that is not part of the result."""
    def warn(self, text: str) -> None:
        """The same, where the reader has to know it."""
    def board(self, plan: LoadPlan) -> AbstractContextManager[Update]:
        """Shown while requests are sent."""
    def waiting(self) -> AbstractContextManager[Progress]:
        """Shown during the wait for the run's last spans."""
    def trial(self, trial: Trial) -> None:
        """A trial of --find-max has ended."""
