"""The trace id of every request of a run, derived and never stored.

Request i (from 1) has the run's id as its first half and i times an odd constant modulo 2^64 as its second: distinct for every
i, and spread evenly over all values, as samplers that look at a trace id's low bits need.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

MASK: Final = 2**64 - 1
GOLDEN: Final = 0x9E3779B97F4A7C15      # 2^64 divided by the golden ratio: Knuth's multiplicative hashing
_SPAN: Final = 0xD1B54A32D192ED03
_PAIR: Final = Struct(">QQ").pack


def low(index: int) -> int:
    """The second half of the trace id of request `index`."""
    return index * GOLDEN & MASK


def ids(index: int) -> bytes:
    """The second half of request `index`'s trace id and the id of its client span, 8 bytes each.

    The span id is the same half with some bits turned over, so it is as distinct, and 0 (which OpenTelemetry forbids) for
    only one index in 2^64.
    """
    half = index * GOLDEN & MASK
    return _PAIR(half, half ^ _SPAN)


def trace_id(run_id: str, index: int) -> str:
    """32 hex digits, of which `run_id` is the first 16."""
    return f"{run_id}{low(index):016x}"


def trace_ids(run_id: str, count: int) -> Iterator[str]:
    """Those of the first `count` requests, in the order in which they were sent."""
    return (trace_id(run_id, index) for index in range(1, count + 1))
