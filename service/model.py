"""The model (a sum), its simulated latency, and the steps that can be made slow, or fail, in a share of the requests.

The latency is random around DEFAULT_LATENCY_MS, so that a histogram has a shape.
"""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, Self

NAME = "simple-linear-demo"
MAX_DELAY_S = 60.0                   # for a slow step
STEPS = ("validate_input", "model_inference", "format_response")

Work = Literal["sleep", "cpu"]

_FAILING = re.compile(r"(?P<step>\w+):(?P<share>\d+(?:\.\d+)?)%")
_SLOW = re.compile(rf"{_FAILING.pattern}:(?P<time>\d+(?:\.\d+)?)(?P<unit>ms|s)")


@dataclass(frozen=True, slots=True)
class SlowSpan:
    """`step` takes `seconds` longer in `share` (0 to 1) of the requests."""

    step: str
    share: float
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """`format_response:1%:400ms` or `…:1.5s`; ValueError for anything else."""
        match = _matched(_SLOW, text)
        seconds = float(match["time"]) / (1000 if match["unit"] == "ms" else 1)
        if seconds > MAX_DELAY_S:
            raise ValueError(text)
        return cls(match["step"], _share(match), seconds)

    async def delay(self, step: str) -> None:
        if step == self.step and random.random() < self.share:
            await asyncio.sleep(self.seconds)


@dataclass(frozen=True, slots=True)
class FailingSpan:
    """`step` fails in `share` (0 to 1) of the requests, when its work is done."""

    step: str
    share: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """`model_inference:5%`; ValueError for anything else."""
        match = _matched(_FAILING, text)
        return cls(match["step"], _share(match))

    def fails(self, step: str) -> bool:
        return step == self.step and random.random() < self.share


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None or match["step"] not in STEPS or _share(match) > 1:
        raise ValueError(text)
    return match


def _share(match: re.Match[str]) -> float:
    return float(match["share"]) / 100


@dataclass(frozen=True, slots=True)
class Model:
    """Latencies have a triangular distribution: `latency_ms`, plus or minus at most the share `jitter` (0 to 1) of it."""

    latency_ms: float = 100.0
    jitter: float = 0.2
    work: Work = "sleep"
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "model"), repr=False)

    async def predict(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """One prediction a row; a batch takes as long as a single row. Infinite where a sum overflows."""
        await self._take_time()
        return [float(sum(row)) for row in rows]

    async def _take_time(self) -> None:
        seconds = self.latency_ms / 1000 * random.triangular(1 - self.jitter, 1 + self.jitter)
        if seconds <= 0:
            return
        if self.work == "cpu":
            await asyncio.get_running_loop().run_in_executor(self._threads, burn, seconds)
        else:
            await asyncio.sleep(seconds)


def burn(seconds: float) -> None:
    """Use `seconds` of this thread's CPU time, which takes longer when the process is throttled."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(2000))
