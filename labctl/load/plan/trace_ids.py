"""The ids of every request of a run, derived from its index (from 1) and never stored.

A trace id is the run's id, then 64 bits: the index's low byte twice, and 48 bits that are the rest of the index times an odd
constant. So all are distinct, and consecutive requests are spread evenly over the values of the last 64 bits and of the last 56,
which samplers compare with a threshold (the 56: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
The id of the client's span is the same with other 48 bits, so as distinct as its trace's.

Subtle: the byte's bits are reversed, so that consecutive requests are far apart, and within 256 consecutive requests only that
byte differs. So sixteen hex digits are three slices of text, which on the hot path is half the cost of formatting a number.
"""

from binascii import unhexlify
from collections.abc import Iterator, Sequence
from typing import Final

_MASK: Final = 2**48 - 1
_GOLDEN: Final = 0x9E3779B97F4B         # 2^48 divided by the golden ratio, made odd: Knuth's multiplicative hashing
_INVERSE: Final = pow(_GOLDEN, -1, 2**48)
_SPAN: Final = 0xD1B54A32D193
_LOW: Final = 256
_TOPS: Final = [int(f"{low:08b}"[::-1], 2) for low in range(_LOW)]
_PAIRS: Final = [b"%02x" % top * 2 for top in _TOPS]
_REST_BITS: Final = 48


def texts(first: int, step: int, before: bytes, after: bytes) -> Iterator[bytes]:
    """`before`, then `<last half of the trace id>-<span id>` in hex digits, then `after`, of `first`, `first` + `step`, …"""
    index, join = first, b"".join
    while True:
        high, low = divmod(index, _LOW)
        middle, end = _rest(high)
        end += after
        for pair in _PAIRS[low::step]:
            yield join((before, pair, middle, pair, end))
        index += len(range(low, _LOW, step)) * step


def flagged_texts(first: int, step: int, before: bytes, after: tuple[bytes, bytes], threshold: int) -> Iterator[bytes]:
    """As `texts`, with the second `after` where `randomness` is at or above the threshold, else the first."""
    index, join, edge = first, b"".join, threshold >> _REST_BITS
    while True:
        high, low = divmod(index, _LOW)
        middle, end = _rest(high)
        at_edge = _mixed(high) >= threshold & _MASK
        for top, pair in zip(_TOPS[low::step], _PAIRS[low::step], strict=True):
            yield join((before, pair, middle, pair, end, after[at_edge if top == edge else top > edge]))
        index += len(range(low, _LOW, step)) * step


def randomness(index: int) -> int:
    """The last 56 bits of request `index`'s trace id."""
    high, low = divmod(index, _LOW)
    return _TOPS[low] << _REST_BITS | _mixed(high)


def text(index: int) -> bytes:
    """`<last half of the trace id>-<span id>` of request `index`."""
    high, low = divmod(index, _LOW)
    middle, end = _rest(high)
    return _PAIRS[low] + middle + _PAIRS[low] + end


def ids(index: int) -> bytes:
    """The second half of request `index`'s trace id and the id of its client span, 8 bytes each."""
    return unhexlify(text(index).replace(b"-", b""))


def trace_id(run_id: str, index: int) -> str:
    """32 hex digits, of which `run_id` is the first 16."""
    return run_id + text(index)[:16].decode()


def trace_ids(run_id: str, sent: Sequence[int]) -> Iterator[str]:
    """The trace ids of a run's `sent` requests by process: the k-th of n processes sent every n-th request from the k-th on."""
    return (trace_id(run_id, 1 + first + len(sent) * turn) for first, count in enumerate(sent) for turn in range(count))


def _mixed(high: int) -> int:
    return (high + 1) * _GOLDEN & _MASK


def _rest(high: int) -> tuple[bytes, bytes]:
    mixed = _mixed(high)
    return b"%012x-" % mixed, b"%012x" % (mixed ^ _SPAN)


def index_of(trace_id: str) -> int:
    """The index of the request whose trace id this is, if it is one of the run that its first half names."""
    low = int(f"{int(trace_id[16:18], 16):08b}"[::-1], 2)
    return ((int(trace_id[20:], 16) * _INVERSE & _MASK) - 1) * _LOW + low
