"""The ledger of a run's spans: how many were expected, stored, and lost at which hop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl import numbers
from labctl.load.ledger.hops import HopLoss


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counted per trace id and span, so that a surplus in one trace never offsets a loss in another."""

    requests: int                       # that were answered
    unanswered: int                     # timed out, cut off or still running: unknown which spans they made
    traces: int                         # of the run, stored in the viewer
    spans: int                          # expected ones that are stored in the viewer
    expected_spans: int                 # client spans of all requests, and the service's of the answered ones
    other_spans: int                    # stored in the viewer: of unanswered requests, or beyond the expected ones
    lost: tuple[HopLoss, ...]

    @property
    def lost_spans(self) -> int:
        return self.expected_spans - self.spans

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests, "unanswered": self.unanswered, "traces": self.traces, "spans": self.spans,
            "expected_spans": self.expected_spans, "other_spans": self.other_spans, "lost_spans": self.lost_spans,
            "lost": [{"hop": loss.hop.value, "spans": loss.spans} for loss in self.lost],
        }

    def text(self) -> str:
        """`500 requests · 500 traces · 2 500 spans, nothing lost`, or how many were lost where, and how many are unknown."""
        found = ((self.requests, "requests"), (self.traces, "traces"), (self.spans, "spans"))
        counts = " · ".join(f"{numbers.count(number)} {name}" for number, name in found)
        what = f" of {numbers.count(self.expected_spans)}; lost: {self._where()}" if self.lost_spans else ", nothing lost"
        unknown = f"; {numbers.count(self.unanswered)} unanswered, their spans are unknown" if self.unanswered else ""
        return f"{counts}{what}{unknown}"

    def remarks(self) -> Sequence[str]:
        """A warning with the number of lost spans; empty when none was lost."""
        if not self.lost_spans:
            return ()
        lost = numbers.plural(self.lost_spans, "span")
        return [f"{lost} of {numbers.count(self.expected_spans)} lost: {self._where()}. Next: labctl check"]

    def _where(self) -> str:
        return ", ".join(f"{numbers.count(loss.spans)} {loss.hop.value}" for loss in self.lost)
