"""The decision of a sampler by trace id, as the collector's probabilistic_sampler makes it in its mode `proportional`.

It keeps a trace where the last 56 bits of its id are at or above a threshold, so the same decision can be made elsewhere:
https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/. Subtle: the collector rounds the threshold to
four significant hex digits (its `sampling_precision`), after the zeros or f's that lead.
"""

from typing import Final

_BITS: Final = 56
_ALL: Final = 1 << _BITS
_DIGITS: Final = 14                     # hex digits of 56 bits
_PRECISION: Final = 4                   # the collector's default


def threshold(ratio: float) -> int:
    """Ids are kept whose last 56 bits are at or above it; `ratio` from 0 to 1."""
    if ratio <= 0:
        return _ALL
    import struct  # every command imports the table of switches

    # the collector reads the percentage as a 32-bit number
    [percent] = struct.unpack("f", struct.pack("f", ratio * 100))
    share = float(percent) / 100
    if share >= 1:
        return 0
    precision, rejected = _PRECISION, 1 - share
    while rejected * 16 < 1:
        rejected, precision = rejected * 16, precision + 1
    shift = 4 * (_DIGITS - precision)
    exact = _ALL - round(share * _ALL)
    return exact if shift <= 0 else (exact + (1 << (shift - 1))) >> shift << shift


def keeps(trace_id: str, limit: int) -> bool:
    """`trace_id` is 32 hex digits; `limit` the threshold."""
    return int(trace_id[-_DIGITS:], 16) >= limit
