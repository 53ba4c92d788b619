"""The buckets of an exponential histogram as bounds and counts, exactly.

Bucket i of the positive range holds values in (base^i, base^(i+1)] with base = 2^(2^-scale), and that of the negative range their
opposites: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram. Subtle: a bound that is the lower
edge of a negative bucket belongs to that bucket there, and to the one below it here.
"""

from typing import Any, Final

MOST_BUCKETS: Final = 4096              # a sender's limit is 160


def buckets(point: Any) -> tuple[list[float], list[int]]:
    """Bounds, and counts: one more than bounds. None of either where there are too many, or a bound is no number."""
    low, high = list(point.negative.bucket_counts), list(point.positive.bucket_counts)
    if len(low) + len(high) > MOST_BUCKETS:
        return [], []
    try:
        step = 2.0 ** -point.scale
        below = [-(2.0 ** ((point.negative.offset + place) * step)) for place in range(len(low), -1, -1)] if low else []
        above = [2.0 ** ((point.positive.offset + place) * step) for place in range(len(high) + 1)] if high else []
    except OverflowError:
        return [], []
    middle = int(point.zero_count)
    bounds = [*below, *above]
    if len(set(bounds)) < len(bounds):                  # finer than floats are
        return [], []
    if not bounds:
        return [], [middle] if middle else []
    counts = [0, *reversed(low)] if low else []
    return bounds, [*counts, middle, *([*high, 0] if high else [])]
