"""How figures are written for people: three digits that matter, a space between number and unit, thousands in groups.

Machines get raw floats (`-o json`); nothing here is meant to be parsed.
"""

import math
import time
from collections.abc import Sequence
from typing import Final

MISSING: Final = "\N{EN DASH}"                   # where there is no figure
_TO: Final = "\N{EN DASH}"
_DECIMALS: Final = ((0.995, 2), (99.95, 1))     # below this value: that many of them
_LEAST_MS: Final = 0.005                        # what rounds to 0.00
_SECOND_MS: Final = 999.5                       # what rounds to 1000 is written in the next unit
_LONG_S: Final = 99.95
_UNITS: Final = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
_LEAST_PERCENT: Final = 0.1
_ALMOST_ALL: Final = 99.5
_TENTHS_PERCENT: Final = 9.95
_FUZZ: Final = 1e-9                              # of binary fractions


def milliseconds(value: float) -> str:
    """`<0.01 ms`, `0.42 ms`, `9.8 ms`, `98.3 ms`, `131 ms`, `1.23 s`, `12.3 s`, `2 min 5 s`."""
    if value < 0:
        return f"-{milliseconds(-value)}"
    if 0 < value < _LEAST_MS:
        return "<0.01 ms"
    if value < _SECOND_MS:
        return f"{_three_digits(value)} ms"
    return f"{value / 1000:.2f} s" if value < 10 * _SECOND_MS else seconds(value / 1000)


def seconds(value: float) -> str:
    """`0.3 s`, `10.0 s`, `2 min 5 s`, `3 h 20 min`, `4 d 2 h`."""
    if value < _LONG_S:
        return f"{value:.1f} s"
    size, unit, part_size, part = next(units for units in _UNITS if round(value) >= units[0])
    whole, rest = divmod(round(value), size)
    return f"{whole} {unit} {rest // part_size} {part}"


def age(seconds: float) -> str:
    """`12 s`, `3 min`, `5 h`, `2 d`: how long something has been running."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} s"


def moment(at: float, now: float) -> str:
    """`14:03:11, 3 min ago`: a time of day here, with the date where it is not today's; both are Unix seconds."""
    then, today = time.localtime(at), time.localtime(now)
    day = "" if then[:3] == today[:3] else time.strftime("%Y-%m-%d ", then)
    return f"{day}{time.strftime('%H:%M:%S', then)}, {age(now - at)} ago"


def bound(value_ms: float) -> tuple[str, str]:
    """The edge of a bucket as (number, unit), without digits it does not need: `("2.5", "ms")`, `("1.2", "s")`."""
    number, unit = (value_ms, "ms") if abs(value_ms) < _SECOND_MS else (value_ms / 1000, "s")
    return f"{number:.4g}", unit


def interval(from_ms: float, to_ms: float) -> str:
    """`95 to 100 ms` with a dash for the "to", the unit once where both edges share it; `≥ 10 s` without an end."""
    low, low_unit = bound(from_ms)
    if math.isinf(to_ms):
        return f"≥ {low} {low_unit}"
    high, high_unit = bound(to_ms)
    shared = low_unit == high_unit or low == "0"
    return f"{low if shared else f'{low} {low_unit}'}{_TO}{high} {high_unit}"


def between(low_ms: float, high_ms: float) -> str:
    """`98.1 to 98.9 ms` with a dash for the "to", the unit once where both ends share it."""
    low, high = milliseconds(low_ms), milliseconds(high_ms)
    unit = f" {high.rpartition(' ')[2]}"
    plain = low.count(" ") == high.count(" ") == 1
    return f"{low.removesuffix(unit) if plain else low}{_TO}{high}"


def count(value: float) -> str:
    """`2 500`."""
    return f"{round(value):,}".replace(",", " ")


def rate(per_second: float) -> str:
    """`50/s`, `49.9/s`, `1 234/s`."""
    number = count(per_second) if per_second >= _SECOND_MS else _three_digits(per_second)
    return f"{number.removesuffix('.0')}/s"


def percent(part: float, whole: float) -> str:
    """`12 %`, `0.2 %`; never `0 %` of something and never `100 %` of less than all."""
    if not whole:
        return MISSING
    share = 100 * part / whole
    if 0 < share < _LEAST_PERCENT:
        return f"<{_LEAST_PERCENT} %"
    if _ALMOST_ALL <= share < 100:  # noqa: PLR2004 percent is out of a hundred
        return ">99 %"
    return f"{share:.1f} %" if 0 < share < _TENTHS_PERCENT else f"{share:.0f} %"


def cores(value: float) -> str:
    """`0.25`, `1.50`: what a CPU is counted in."""
    return f"{value:.2f}"


def size(value: float) -> str:
    """`512 B`, `41.2 MiB`, `1.50 GiB`."""
    for unit, bytes_ in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= bytes_:
            return f"{_three_digits(value / bytes_)} {unit}"
    return f"{value:.0f} B"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """`1 span`, `2 500 spans`; `nouns` where it is not the noun and an s."""
    return f"{count(number)} {noun if number == 1 else nouns or f'{noun}s'}"


def round_step(least: float, factors: Sequence[float] = (1, 2, 5, 10)) -> float:
    """The smallest of `factors` times a power of ten that is at least `least`: the step of an axis, the width of a bucket."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in factors if factor * power >= least * (1 - _FUZZ))


def _three_digits(value: float) -> str:
    decimals = next((decimals for below, decimals in _DECIMALS if value < below), 0)
    return f"{value:.{decimals}f}" if value else "0"
