"""A row of figures as a row of blocks, the highest of them as high as the line."""

from collections.abc import Sequence
from typing import Final

_BLOCKS: Final = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """At most `width` cells; neighbours share a cell where there are more. Where nothing is known there is a space."""
    if not values or not width:
        return ""
    size = -(-len(values) // width)
    first = len(values) % size                      # so that the last cell is whole
    parts = [values[max(at - size, 0):at] for at in range(first or size, len(values) + 1, size)]
    means = [_mean(part) for part in parts]
    top = max((mean for mean in means if mean is not None), default=0.0)
    return "".join(_cell(mean, top) for mean in means)


def _cell(value: float | None, top: float) -> str:
    if value is None:
        return " "
    return _BLOCKS[round(value / top * (len(_BLOCKS) - 1))] if top > 0 and value > 0 else _BLOCKS[0]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
