"""Money as a range: a list price is one figure, an estimate is two."""

from dataclasses import dataclass
from typing import Final

_CENT: Final = 0.005
_WHOLE: Final = 99.5                    # from here on, cents say nothing


@dataclass(frozen=True, slots=True)
class Money:
    """US dollars, the least and the most. Subtle: a difference pairs the lows and the highs, as both have the same prices."""

    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: "Money") -> "Money":
        return Money(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.low - other.low, self.high - other.high)

    def __mul__(self, factor: float) -> "Money":
        return Money(self.low * factor, self.high * factor)

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def text(self, precision: float = 0.01) -> str:
        """`$3.20`, `$3–4`, `<$0.01`, `-$2.10`; `precision` 1 is whole dollars."""
        low, high = sorted((self.low, self.high))
        first, last = (_figure(value, precision) for value in (low, high))
        if first == last or (abs(low) < _CENT and abs(high) < _CENT):
            return _signed(max(low, high, key=abs), precision)
        if low >= 0:
            return f"<${last}" if float(first.replace(" ", "")) == 0 and precision == 1 else f"${first}\N{EN DASH}{last}"
        return f"{_signed(low, precision)} to {_signed(high, precision)}"

    def as_json(self) -> dict[str, float]:
        return {"low": self.low, "high": self.high}


def _signed(value: float, precision: float) -> str:
    if 0 < abs(value) < _CENT:
        return f"{'-' if value < 0 else ''}<$0.01"
    sign = "-" if value < 0 else ""
    return f"{sign}${_figure(abs(value), precision)}"


def _figure(value: float, precision: float) -> str:
    whole = precision >= 1 or abs(value) >= _WHOLE
    return f"{value:,.0f}".replace(",", " ") if whole else f"{value:.2f}"
