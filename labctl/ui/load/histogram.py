"""The distribution of latencies as horizontal bars, with the percentiles marked where they fall.

Bars are on a linear scale (their lengths can be compared); three or more empty buckets in a row become one line, so
that a long tail stays on the screen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from labctl import numbers
from labctl.load.measure import percentiles
from labctl.load.measure.summary import Bucket, Distribution
from labctl.ui.kit.bars import bar
from labctl.ui.kit.palette import BAR, DIM, P99_COLOUR, PERCENTILE_MARK

_GAP = 3
_SHORTEST = 4                       # cells of a bar


def render(buckets: Sequence[Bucket], distribution: Distribution) -> RenderableType:
    """One line per bucket: range, bar, count, share, and which of p50, p95, p99 lies in it."""
    if not any(bucket.count for bucket in buckets):
        return Text("nothing to draw: no request was timed", style=DIM)
    return _Lines(list(_lines(buckets, distribution)))


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    count: int
    number: str
    share: str
    marks: str


@dataclass(frozen=True, slots=True)
class _Lines:
    """Put together by hand: a table of rich's takes three times as long, and a live board draws it eight times a second."""

    lines: Sequence[_Line | None]       # None: a gap

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = [line for line in self.lines if line]
        label, number, share, marked = (
            max(len(getattr(line, name)) for line in drawn) for name in ("label", "number", "share", "marks")
        )
        width = max(options.max_width - label - number - share - marked - 8, _SHORTEST)
        if label + width + number + share + 6 > options.max_width:     # rather no share than a part of it
            share = marked = 0
        most = max(line.count for line in drawn)
        for line in self.lines:
            if line is None:
                yield Text("⋮".rjust(label), style=DIM)
                continue
            yield Text.assemble(
                f"{line.label:>{label}}  ", (f"{bar(line.count / most, width):<{width}}", BAR), f"  {line.number:>{number}}  ",
                (f"{line.share:>{share}}" if share else "", DIM), _coloured(f"  {line.marks}" if line.marks and marked else ""),
                no_wrap=True,
            )


def _coloured(marks: str) -> Text:
    coloured = Text(marks, PERCENTILE_MARK)
    coloured.highlight_words(["p99"], P99_COLOUR)
    return coloured


def _lines(buckets: Sequence[Bucket], distribution: Distribution) -> Iterator[_Line | None]:
    total = sum(bucket.count for bucket in buckets)
    for run in _runs(_trimmed(buckets)):
        if not run[0].count and len(run) >= _GAP:
            yield None
            continue
        for bucket in run:
            yield _Line(
                numbers.interval(bucket.from_ms, bucket.to_ms), bucket.count, numbers.count(bucket.count),
                numbers.percent(bucket.count, total), marks(bucket, buckets, distribution),
            )


def marks(bucket: Bucket, buckets: Sequence[Bucket], distribution: Distribution) -> str:
    """`◂ p95 p99` for the bucket [from, to) that holds these two; what lies outside of all goes to the nearest end."""
    low, high = buckets[0].from_ms, buckets[-1].to_ms
    here = [
        name for name, value in percentiles.marks(distribution).items()
        if bucket.from_ms <= max(value, low) < bucket.to_ms or (bucket is buckets[-1] and value >= high)
    ]
    return f"◂ {' '.join(here)}" if here else ""


def merged(buckets: Sequence[Bucket], rows: int) -> Sequence[Bucket]:
    """Neighbours joined, two by two, until what is drawn takes at most `rows` (1 or more)."""
    while len(buckets) > 1 and height(buckets) > rows:
        pairs = (buckets[index:index + 2] for index in range(0, len(buckets), 2))
        buckets = [Bucket(pair[0].from_ms, pair[-1].to_ms, sum(bucket.count for bucket in pair)) for pair in pairs]
    return buckets


def _trimmed(buckets: Sequence[Bucket]) -> Sequence[Bucket]:
    filled = [index for index, bucket in enumerate(buckets) if bucket.count]
    return buckets[filled[0]:filled[-1] + 1]


def height(buckets: Sequence[Bucket]) -> int:
    """How many rows they take when they are drawn."""
    return sum(1 if not run[0].count and len(run) >= _GAP else len(run) for run in _runs(_trimmed(buckets)))


def _runs(buckets: Sequence[Bucket]) -> Iterator[list[Bucket]]:
    for _, run in groupby(buckets, key=lambda bucket: bucket.count > 0):
        yield list(run)
