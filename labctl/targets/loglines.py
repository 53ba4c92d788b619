"""Processing of log lines that all targets share."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from labctl.model import LogLine


def last(count: int | None, lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """The last `count` lines of each component, in their order; all of them for None."""
    if count is None:
        yield from lines
        return
    kept: dict[str, deque[tuple[int, LogLine]]] = defaultdict(lambda: deque(maxlen=count))
    for place, line in enumerate(lines):
        kept[line.component].append((place, line))
    yield from (line for _, line in sorted((one for found in kept.values() for one in found), key=lambda one: one[0]))
