"""Service level objectives as they are written: `p99<200ms,errors<1%`, for a window of time that may be scaled down for a trial.

An objective is a share of requests that may be bad, the error budget: 1 % of them slower than 200 ms, or 1 % answered with 5xx.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DAY_S: Final = 86400
WINDOW_S: Final = 30 * DAY_S
"""Of an objective, unless another one is given; it is also what the windows of `windows.py` are for."""
SHORTEST_S: Final = 3600
LONGEST_S: Final = 365 * DAY_S
LEAST_S: Final = 10
"""No window is shorter, however it is scaled: five scrapes, of which a rate needs two."""
MOST_SCALE: Final = 100_000
MOST: Final = 10                        # objectives: each is 22 series and 4 alerts, worked out every few seconds
BOUNDS_MS: Final = (1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3500, 5000, 7500, 10_000)
"""The edges of the buckets of the service's request_duration_ms, of which a latency has to be one."""
ALLOWED: Final = "pN<TIME and errors<SHARE%, each once, and window=30d and scale=N where they differ, as 'p99<200ms,errors<1%'"
_LATENCY: Final = r"p(\d{2}(?:\.\d{1,3})?)<(\d{1,5})(ms|s)"
_ERRORS: Final = r"errors<(\d{1,2}(?:\.\d{1,3})?)%"
_UNITS: Final = {"h": 3600, "d": DAY_S, "w": 7 * DAY_S}


class Measure(StrEnum):
    LATENCY = "latency"
    ERRORS = "errors"


@dataclass(frozen=True, slots=True)
class Objective:
    name: str                           # as it is written, without spaces: `p99<200ms`
    measure: Measure
    budget: float                       # the share of requests that may be bad
    bound_ms: int = 0                   # of a latency


@dataclass(frozen=True, slots=True)
class Slo:
    objectives: tuple[Objective, ...]
    window_s: int = WINDOW_S
    scale: int = 1                      # every window is shorter by it, so that alerts can be tried out

    @property
    def text(self) -> str:
        """As it is recorded."""
        more = [f"window={in_words(self.window_s)}"] * (self.window_s != WINDOW_S) + [f"scale={self.scale}"] * (self.scale != 1)
        return ",".join([*(one.name for one in self.objectives), *more])

    @property
    def budget_window_s(self) -> int:
        """Over which the budget is counted: the window, scaled down."""
        return max(self.window_s // self.scale, LEAST_S)


def read(text: str) -> Slo:
    """Raises ValueError with what is allowed."""
    objectives: dict[str, Objective] = {}
    windows: dict[str, int] = {}
    for word in filter(None, text.replace(" ", "").split(",")):
        name, equals, value = word.partition("=")
        if equals and name in _READ and name not in windows:
            windows[name] = _READ[name](value)
            continue
        one = _objective(word)
        key = one.name if one.measure is Measure.LATENCY else Measure.ERRORS
        if key in objectives:
            raise ValueError(ALLOWED)
        objectives[key] = one
    if not objectives:
        raise ValueError(ALLOWED)
    if len(objectives) > MOST:
        raise ValueError(f"at most {MOST} objectives")
    return Slo(tuple(objectives.values()), windows.get("window", WINDOW_S), windows.get("scale", 1))


def window(text: str) -> int:
    """Seconds. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,4})([hdw])", text, re.ASCII)
    found = int(match[1]) * _UNITS[match[2]] if match else 0
    if not SHORTEST_S <= found <= LONGEST_S:
        raise ValueError("a window from 1h to 365d, in hours, days or weeks, such as 30d")
    return found


def scaled(text: str) -> int:
    """Raises ValueError."""
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not 1 <= int(text) <= MOST_SCALE:
        raise ValueError(f"a scale from 1 to {MOST_SCALE}")
    return int(text)


_READ: Final = {"window": window, "scale": scaled}


def in_words(seconds: int) -> str:
    """A duration as Prometheus writes it: `30d`, `1h`, `90s`."""
    unit, size = next((one for one in (("d", DAY_S), ("h", 3600), ("m", 60)) if seconds % one[1] == 0), ("s", 1))
    return f"{seconds // size}{unit}"


def _objective(word: str) -> Objective:
    if match := re.fullmatch(_ERRORS, word, re.ASCII):
        budget = float(match[1]) / 100
        if budget:
            return Objective(word, Measure.ERRORS, budget)
    elif match := re.fullmatch(_LATENCY, word, re.ASCII):
        bound = int(match[2]) * (1000 if match[3] == "s" else 1)
        budget = round(1 - float(match[1]) / 100, 6)
        if bound not in BOUNDS_MS:
            raise ValueError(f"{word}: {_nearest(bound)}")
        if 0 < budget < 1:
            return Objective(word, Measure.LATENCY, budget, bound)
    raise ValueError(ALLOWED)


def _nearest(bound: int) -> str:
    """What to say of a latency that is not the edge of a bucket."""
    below = max((edge for edge in BOUNDS_MS if edge < bound), default=0)
    above = min((edge for edge in BOUNDS_MS if edge > bound), default=0)
    near = " or ".join(f"{edge}ms" for edge in (below, above) if edge)
    return f"a latency that is the edge of a bucket of request_duration_ms, nearest {near}"
