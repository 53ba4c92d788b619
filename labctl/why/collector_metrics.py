"""The collector's own metrics at one moment, from the Prometheus text of its metrics port."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

_LINE: Final = re.compile(r"^otelcol_(\w+?)(?:_total)?(?:\{([^}]*)\})? ([0-9.eE+-]+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class CollectorSeries:
    name: str                           # without `otelcol_` in front and `_total` at the end
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class CollectorMetrics:
    series: tuple[CollectorSeries, ...] = ()

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(tuple(
            CollectorSeries(name, dict(_LABEL.findall(labels)), float(value)) for name, labels, value in _LINE.findall(text)
        ))

    def named(self, name: str, **labels: str) -> Iterator[CollectorSeries]:
        """Those with the name, and with these labels besides others."""
        return (one for one in self.series if one.name == name and labels.items() <= one.labels.items())

    def has_any(self, prefix: str) -> bool:
        return any(one.name.startswith(prefix) for one in self.series)

    def total(self, name: str, **labels: str) -> float:
        return sum(one.value for one in self.named(name, **labels))

    def __bool__(self) -> bool:
        return bool(self.series)
