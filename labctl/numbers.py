"""How figures are written for people: three digits that matter, a space between number and unit, thousands in groups.

Machines get raw floats (`-o json`); nothing here is meant to be parsed.
"""

import math


def milliseconds(value: float) -> str:
    """`0.42 ms`, `9.8 ms`, `98.3 ms`, `131 ms`, `1.23 s`, `2 min 5 s`."""
    if value < 0:
        return f"-{milliseconds(-value)}"
    if value < 999.5:  # noqa: PLR2004 what rounds to 1000 is written in seconds
        return f"{_three_digits(value)} ms"
    return seconds(value / 1000)


def seconds(value: float) -> str:
    """`0.25 s`, `10.0 s`, `2 min 5 s`, `3 h 20 min`, `4 d 2 h`."""
    if value < 99.95:  # noqa: PLR2004 what rounds to 100.0 has no room for a decimal
        return f"{value:.2f} s" if value < 9.995 else f"{value:.1f} s"  # noqa: PLR2004 the same for 10.00
    for size, unit, part_size, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if value >= size:
            whole, rest = divmod(int(value), size)
            return f"{whole} {unit} {rest // part_size} {part}"
    raise AssertionError(value)


def bound(value_ms: float) -> tuple[str, str]:
    """The edge of a bucket as (number, unit), without digits it does not need: `("2.5", "ms")`, `("1.2", "s")`."""
    if math.isinf(value_ms):
        return "∞", "ms"
    number, unit = (value_ms, "ms") if abs(value_ms) < 1000 else (value_ms / 1000, "s")  # noqa: PLR2004
    return f"{number:.4g}", unit


def interval(from_ms: float, to_ms: float) -> str:
    """`95–100 ms`, `900 ms–1.2 s`: the unit is written once where both edges share it."""
    low, low_unit = bound(from_ms)
    high, high_unit = bound(to_ms)
    return f"{low}–{high} {high_unit}" if low_unit == high_unit or low == "0" else f"{low} {low_unit}–{high} {high_unit}"


def count(value: float) -> str:
    """`2 500`."""
    return f"{round(value):,}".replace(",", " ")


def rate(per_second: float) -> str:
    """`50/s`, `49.9/s`, `1 234/s`."""
    number = count(per_second) if per_second >= 999.5 else _three_digits(per_second)  # noqa: PLR2004
    return f"{number.removesuffix('.0')}/s"


def percent(part: float, whole: float) -> str:
    """`12 %`, `0.2 %`; never `0 %` of something and never `100 %` of less than all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:  # noqa: PLR2004
        return "<0.1 %"
    if 99.5 <= share < 100:  # noqa: PLR2004
        return ">99 %"
    return f"{share:.0f} %" if share >= 9.95 or share == 0 else f"{share:.1f} %"  # noqa: PLR2004


def plural(number: int, noun: str) -> str:
    """`1 span`, `2 500 spans`."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    if value < 9.95:  # noqa: PLR2004
        return f"{value:.2f}" if value < 0.995 else f"{value:.1f}"  # noqa: PLR2004
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"  # noqa: PLR2004
