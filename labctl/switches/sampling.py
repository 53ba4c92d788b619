"""--sampling: which traces are kept, decided in the collector by trace id or by the whole trace, or by who sends a request."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from labctl.switches.switch import Effect, Switch
from labctl.switches.trace_id_sampling import threshold

ALLOWED: Final = "a share such as 10%, head:10%, or tail: with errors, slow>TIME and a share, such as tail:errors,slow>400ms,5%"
_NONE: Final = "a share above 0%: with 0% no trace is kept, and up cannot see one arrive"
_QUOTED: Final = "slow>TIME in quotes, since a shell takes the > for itself: 'tail:errors,slow>400ms,5%'"
_LEAST: Final = 0.0001                  # per cent; of less the collector keeps nothing that `up` could send
_TOO_LITTLE: Final = f"a share of at least {_LEAST}%: with less up cannot see a trace arrive"
NEVER_MS: Final = 2**31 - 1             # as a threshold that no request reaches
_SHARE: Final = r"(\d{1,3}(?:\.\d+)?)%"
_SLOW: Final = r"slow>(\d{1,6})(ms|s)"


class Where(StrEnum):
    COLLECTOR = "collector"
    HEAD = "head"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept: a share of all traces, and with tail sampling also the named ones."""

    where: Where
    percent: float
    errors: bool = False
    slow_ms: int | None = None          # traces that last longer are kept

    @property
    def ratio(self) -> float:
        return self.percent / 100

    @property
    def threshold(self) -> int:
        """Of a decision by trace id."""
        return threshold(self.ratio)


def policy(text: str) -> Policy:
    """Raises ValueError with what is allowed."""
    found = _policy(text)
    if not (found.percent or found.errors or found.slow_ms is not None):
        raise ValueError(_NONE)
    if 0 < found.percent < _LEAST:
        raise ValueError(_TOO_LITTLE)
    return found


def _policy(text: str) -> Policy:
    where, colon, rest = text.replace(" ", "").rpartition(":")
    if where == "tail":
        return _tail(rest.split(","))
    if where not in {"", "head"} or (colon and not where):
        raise ValueError(ALLOWED)
    return Policy(Where.HEAD if where else Where.COLLECTOR, _percent(rest))


def _tail(words: list[str]) -> Policy:
    errors, slow_ms, shares = False, None, []
    for word in words:
        if word == "slow":
            raise ValueError(_QUOTED)
        slow = re.fullmatch(_SLOW, word, re.ASCII)
        if word == "errors":
            errors = True
        elif slow:
            slow_ms = int(slow[1]) * (1000 if slow[2] == "s" else 1)
        else:
            shares.append(_percent(word))
    if len(shares) > 1:
        raise ValueError(f"one share at most: {ALLOWED}")
    return Policy(Where.TAIL, shares[0] if shares else 0.0, errors, slow_ms)


def _percent(text: str) -> float:
    match = re.fullmatch(_SHARE, text, re.ASCII)
    if not match or not 0 <= float(match[1]) <= 100:  # noqa: PLR2004 - per cent
        raise ValueError(ALLOWED)
    return float(match[1])


def effect(text: str) -> Effect:
    wanted = policy(text)
    percent = f"{wanted.percent:g}"
    if wanted.where is Where.HEAD:
        return Effect(("sampling-head",), {"service": {"OTEL_TRACES_SAMPLER_ARG": f"{wanted.ratio:g}"}}, program=False)
    if wanted.where is Where.COLLECTOR:
        return Effect(("sampling",), {"collector": {"SAMPLING_PERCENTAGE": percent}})
    return Effect(("sampling-tail",), {"collector": {
        "SAMPLING_PERCENTAGE": percent, "SAMPLING_ERRORS_PERCENTAGE": "100" if wanted.errors else "0",
        "SAMPLING_SLOW_MS": str(NEVER_MS if wanted.slow_ms is None else wanted.slow_ms),
    }})


SAMPLING: Final = Switch(
    "sampling", "POLICY|off", ("10%", "head:10%", "tail:errors,slow>400ms,5%"),
    "which traces are kept: a share, chosen in the collector; tail: also by errors and duration, once they are complete; "
    "head: as they begin",
    effect,
)
