"""A run's mix of requests: one kind or several, each as often as its weight says, and bodies from a file.

Subtle: the order is not random. It repeats and is spread evenly, so two runs of a plan send the same requests in the same
order, and expensive requests never come in clusters.
"""

import codecs
import json
from collections.abc import Sequence
from math import gcd
from pathlib import Path
from urllib.parse import urlsplit

from labctl.errors import UsageError
from labctl.load.plan.load_plan import LoadPlan, Request

LINES = {".jsonl", ".ndjson"}           # files with a body in every line
_MOST = 100_000                         # entries of an order, and so lines of a file


def pool(plan: LoadPlan) -> Sequence[Request]:
    """The plan's requests; one where it has no pool."""
    return plan.pool or (Request("", plan.method, "", plan.headers, plan.body),)


def order(pool: Sequence[Request]) -> Sequence[int]:
    """Indexes into the pool, to be repeated: each as often as its weight, evenly spread.

    The k-th of w of one kind comes at (k + ½)/w of the round. Raises UsageError when the round is too long.
    """
    shared = gcd(*(request.weight for request in pool))
    weights = [request.weight // shared for request in pool]
    if sum(weights) > _MOST:
        raise UsageError(f"the weights add up to {sum(weights)}: at most {_MOST} are allowed, divided by their common factor")
    if max(weights) == 1:
        return range(len(weights))
    places = (((turn + 0.5) / weight, index) for index, weight in enumerate(weights) for turn in range(weight))
    return [index for _, index in sorted(places)]


class RequestOrder:
    """Which kind of the plan's requests each request of a run is, by its index from 1."""

    def __init__(self, plan: LoadPlan) -> None:
        requests = pool(plan)
        self._order = order(requests)
        self._round = len(self._order)
        self.names = [request.name for request in requests]
        self.routes = [f"{one.method} {urlsplit(one.path or plan.url).path or '/'}" for one in requests]    # POST /predict

    def of(self, index: int) -> int:
        return self._order[(index - 1) % self._round]


def bodies(path: Path) -> Sequence[bytes]:
    """The bodies in a file: each line of a `.jsonl` or `.ndjson` file, the whole of any other. Raises UsageError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if path.suffix.lower() not in LINES:
        return [content]
    rows = content.removeprefix(codecs.BOM_UTF8).splitlines()
    lines = [(number, line.strip()) for number, line in enumerate(rows, 1) if line.strip()]
    if not 0 < len(lines) <= _MOST:
        raise UsageError(f"{path} holds {len(lines)} bodies: 1 to {_MOST} are allowed, one per line")
    return [_checked(path, number, line) for number, line in lines]


def _checked(path: Path, number: int, line: bytes) -> bytes:
    try:
        json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path}, line {number}: {error}",
            advice="it takes a JSON value in each line; for a malformed body use `body` in a scenario",
        ) from None
    return line
