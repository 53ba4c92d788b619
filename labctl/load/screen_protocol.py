"""What a load run needs of a screen. `labctl.ui.load.screen` is the one for a terminal."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from labctl.load.judge.capacity import Trial
from labctl.load.ledger.await_spans import Progress
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan

Update = Callable[[Snapshot, Sequence[str]], None]
"""Told of a run that goes on about eight times a second, with the last lines of the log that is shown beside it."""


class Screen(Protocol):
    def warn(self, text: str) -> None:
        """One line that is not part of the result."""
    def board(self, plan: LoadPlan) -> AbstractContextManager[Update]:
        """As long as requests are sent."""
    def waiting(self) -> AbstractContextManager[Progress]:
        """As long as the run's last spans are waited for."""
    def trial(self, trial: Trial) -> None:
        """A rate that was tried by --find-max."""
