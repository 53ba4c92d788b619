"""The ledger of a run's spans: how many were expected, stored, and lost at which hop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl import numbers
from labctl.load.ledger.hops import HopLoss
from labctl.load.ledger.not_stored_yet import NOTHING, NotStoredYet
from labctl.load.ledger.sampled_out import SampledOut


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counted per trace id and span, so that a surplus in one trace never offsets a loss in another."""

    requests: int                       # that were answered
    unanswered: int                     # timed out, cut off or still running: unknown which spans they made
    traces: int                         # of the run, stored in the viewer
    spans: int                          # expected ones that are stored in the viewer
    expected_spans: int                 # client spans of all requests, and the service's of the answered ones, as far as kept
    other_spans: int                    # stored in the viewer: of unanswered requests, or beyond the expected ones
    lost: tuple[HopLoss, ...]
    later: NotStoredYet = NOTHING       # neither stored nor lost
    sampled_out: SampledOut | None = None       # not expected; None: the lab keeps every trace

    @property
    def lost_spans(self) -> int:
        return self.expected_spans - self.spans - self.later.spans

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests, "unanswered": self.unanswered, "traces": self.traces, "spans": self.spans,
            "expected_spans": self.expected_spans, "other_spans": self.other_spans, "lost_spans": self.lost_spans,
            "lost": [{"hop": loss.hop.value, "spans": loss.spans} for loss in self.lost],
            "not_stored_yet": self.later.spans, "not_stored_cause": self.later.cause or None,
            "sampled_out": self.sampled_out.as_json() if self.sampled_out else None,
        }

    def text(self) -> str:
        """`500 requests · 500 traces · 2 500 spans, nothing lost`, or how many were lost where, and how many are unknown."""
        found = ((self.requests, "requests"), (self.traces, "traces"), (self.spans, "spans"))
        counts = " · ".join(f"{numbers.count(number)} {name}" for number, name in found)
        of = f" of {numbers.count(self.expected_spans)}" if self.lost_spans or self.later.spans else ", nothing lost"
        lost = f"; lost: {self._where()}" if self.lost_spans else ""
        later = f"; not stored yet: {numbers.count(self.later.spans)}, {self.later.cause}" if self.later.spans else ""
        unknown = f"; {numbers.count(self.unanswered)} unanswered, their spans are unknown" if self.unanswered else ""
        sampled = f"; {self.sampled_out.text()}" if self.sampled_out else ""
        return f"{counts}{of}{lost}{later}{sampled}{unknown}"

    def remarks(self) -> Sequence[str]:
        """Warnings with the numbers of spans that are lost, and not stored yet; empty when there are none."""
        of, found = numbers.count(self.expected_spans), []
        if self.lost_spans:
            found.append(f"{numbers.plural(self.lost_spans, 'span')} of {of} lost: {self._where()}. Next: labctl why")
        if self.later.spans:
            later = numbers.plural(self.later.spans, "span")
            found.append(f"{later} of {of} not stored yet, and may still arrive: {self.later.cause}. Next: labctl status")
        return found

    def _where(self) -> str:
        return ", ".join(f"{numbers.count(loss.spans)} {loss.hop.value}" for loss in self.lost)
