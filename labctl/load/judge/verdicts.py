"""Whether a run met its thresholds.

Subtle: a percentile of too few samples is not shown as a figure. Its threshold is still met when no request at all exceeded
the limit. Otherwise the threshold counts as missed, since it cannot be shown to be met. The same holds for `lost` while spans
are not stored yet: it is judged when it does not matter whether they arrive, and unknown otherwise.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl import numbers
from labctl.load.ledger.ledger import Ledger
from labctl.load.measure.summary import Distribution, Summary
from labctl.load.plan.thresholds import Threshold, shown
from labctl.telemetry.statistics.confidence import FIGURES, SHARES, needed, too_few

FAILED_SHARE: Final = 0.01              # share of the requests that may fail without a threshold on errors


@dataclass(frozen=True, slots=True)
class Verdict:
    """A threshold, the figure that was measured, and whether it was met."""

    threshold: str                      # the threshold as text: `p99 < 200 ms`
    found: str                          # for people; "too few samples: 100 of 368" where there is no figure
    value: float | None                 # in the unit of the threshold
    met: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def judge(thresholds: Sequence[Threshold], summary: Summary, ledger: Ledger | None = None) -> Sequence[Verdict]:
    """Each threshold, in order."""
    return [_judge(threshold, summary, ledger) for threshold in thresholds]


def _judge(threshold: Threshold, summary: Summary, ledger: Ledger | None) -> Verdict:
    value = _value(threshold, summary, ledger)
    if value is None:
        return Verdict(threshold.text(), "nothing to measure", None, met=False)
    met = threshold.met(value)
    if threshold.figure == "lost" and ledger and ledger.later.spans and met != threshold.met(_at_worst(threshold, ledger)):
        later = f"{numbers.plural(ledger.later.spans, 'span')} not stored yet"
        return Verdict(threshold.text(), f"unknown: {shown(value, threshold.unit)} lost, {later}", None, met=False)
    share = SHARES.get(threshold.figure)
    if share is not None and too_few(summary.latency.count, share):
        return _of_few(threshold, summary.latency, share, met=met)
    return Verdict(threshold.text(), shown(value, threshold.unit), value, met)


def _at_worst(threshold: Threshold, ledger: Ledger) -> float:
    """The lost spans if none of those arrives that are not stored yet."""
    most = ledger.lost_spans + ledger.later.spans
    return 100 * most / ledger.expected_spans if threshold.unit == "%" else most


def _of_few(threshold: Threshold, latency: Distribution, share: float, *, met: bool) -> Verdict:
    """The verdict on too few samples: met when the slowest request (for a lower limit the fastest) is within the limit."""
    extreme = latency.max if threshold.sign.startswith("<") else latency.min
    certain = met and threshold.met(extreme)
    which = "slowest" if threshold.sign.startswith("<") else "fastest"
    few = f"too few samples, {numbers.count(latency.count)} of {numbers.count(needed(share))}"
    return Verdict(threshold.text(), f"{few}; {which} {shown(extreme, 'ms')}", None, certain)


def _value(threshold: Threshold, summary: Summary, ledger: Ledger | None) -> float | None:
    """The figure in the unit of the threshold."""
    if threshold.figure in FIGURES:
        return _time(summary.latency, threshold.figure)
    part, of = {
        "errors": summary.measured, "dropped": (summary.dropped, summary.planned),
        "rate": (summary.rate, summary.target_rate),
        "lost": (ledger.lost_spans, ledger.expected_spans) if ledger else (None, None),
    }[threshold.figure]
    if threshold.unit != "%" or part is None:
        return part
    return 100 * part / of if of else None


def _time(latency: Distribution, figure: str) -> float | None:
    return float(getattr(latency, figure.replace(".", "_"))) if latency.count else None
