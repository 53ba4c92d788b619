"""The distribution of latencies as horizontal bars, with the percentiles marked where they fall.

Bars are on a linear scale (their lengths can be compared); three or more empty buckets in a row become one line, so
that a long tail stays on the screen.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.load.summary import Bucket, Distribution
from labctl.ui.bars import Bar
from labctl.ui.palette import BAR, DIM, MARK

_GAP = 3


def render(buckets: Sequence[Bucket], distribution: Distribution) -> RenderableType:
    """One line per bucket: range, bar, count, share, and which of p50, p95, p99 lies in it."""
    if not any(bucket.count for bucket in buckets):
        return Text("nothing to draw: no request succeeded", style=DIM)
    table = _columns()
    most = max(bucket.count for bucket in buckets)
    total = sum(bucket.count for bucket in buckets)
    for run in _runs(_trimmed(buckets)):
        if not run[0].count and len(run) >= _GAP:
            table.add_row(Text("⋮", style=DIM))
            continue
        for bucket in run:
            table.add_row(
                numbers.interval(bucket.from_ms, bucket.to_ms), Bar(bucket.count / most, BAR),
                numbers.count(bucket.count), Text(numbers.percent(bucket.count, total), style=DIM),
                Text(marks(bucket, buckets, distribution), style=MARK),
            )
    return table


def marks(bucket: Bucket, buckets: Sequence[Bucket], distribution: Distribution) -> str:
    """`◂ p95 p99` for the bucket [from, to) that holds these two; what lies outside of all goes to the nearest end."""
    named = {"p50": distribution.p50, "p95": distribution.p95, "p99": distribution.p99}
    low, high = buckets[0].from_ms, buckets[-1].to_ms
    here = [
        name for name, value in named.items()
        if distribution.count and (
            bucket.from_ms <= max(value, low) < bucket.to_ms or (bucket is buckets[-1] and value >= high)
        )
    ]
    return f"◂ {' '.join(here)}" if here else ""


def merged(buckets: Sequence[Bucket], rows: int) -> Sequence[Bucket]:
    """Neighbours joined, two by two, until what is drawn takes at most `rows` (1 or more)."""
    while len(buckets) > 1 and height(buckets) > rows:
        pairs = (buckets[index:index + 2] for index in range(0, len(buckets), 2))
        buckets = [Bucket(pair[0].from_ms, pair[-1].to_ms, sum(bucket.count for bucket in pair)) for pair in pairs]
    return buckets


def _columns() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    return table


def _trimmed(buckets: Sequence[Bucket]) -> Sequence[Bucket]:
    filled = [index for index, bucket in enumerate(buckets) if bucket.count]
    return buckets[filled[0]:filled[-1] + 1]


def height(buckets: Sequence[Bucket]) -> int:
    """How many rows they take when they are drawn."""
    return sum(1 if not run[0].count and len(run) >= _GAP else len(run) for run in _runs(_trimmed(buckets)))


def _runs(buckets: Sequence[Bucket]) -> Iterator[list[Bucket]]:
    for _, run in groupby(buckets, key=lambda bucket: bucket.count > 0):
        yield list(run)


if __name__ == "__main__":
    from rich.console import Console

    from labctl.ui.samples import SUMMARY

    Console().print(render(SUMMARY.histogram, SUMMARY.latency))
