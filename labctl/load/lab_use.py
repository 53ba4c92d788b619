"""Measures what a run takes of the lab: the telemetry that the viewer receives meanwhile, and what the components use.

Subtle: a sample of a lab in a cluster goes through the API server, so samples are taken only every two seconds.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Self

from labctl.cost.measured.aggregated import aggregated, samples_of
from labctl.cost.measured.usage import ComponentUse, LabUse
from labctl.cost.measured.volume import Volume, received
from labctl.errors import LabError
from labctl.load.measure.summary import Summary
from labctl.model import Target, Usage
from labctl.switches import addons
from labctl.viewer_client.client import ViewerClient

_PERIOD_S: Final = 2.0
_SERVICE: Final = "service"
_OURS: Final = ("labctl",)              # the load generator's own client spans
_JOIN_S: Final = 3.0


class LabUseWatch:
    """Use as a context manager around the requests of a run; without a lab nothing is known."""

    def __init__(self, target: Target | None = None, viewer: ViewerClient | None = None) -> None:
        self._target, self._viewer = target, viewer
        self._looks: Iterator[list[Usage]] = target.usage() if target else iter(())
        self._samples: list[tuple[float, list[Usage]]] = []        # with the seconds since the run began
        self._before: Mapping[str, Any] | None = None
        self._begun = 0.0
        self._autoscaled = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lab usage", daemon=True)

    def __enter__(self) -> Self:
        self._before = self._volume()
        self._begun = time.monotonic()
        if self._target:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    @property
    def pods(self) -> int | None:
        """Of the service, ready at the last look; None where there is one and nothing adds others, or that is unknown."""
        counts = [count for _, sample in self._samples[-1:] if (count := _pods(sample)) is not None]
        return counts[-1] if counts and (self._autoscaled or counts[-1] != 1) else None

    def use(self, summary: Summary, probes: int, sampled_out: int) -> LabUse:
        """Once the run's telemetry has arrived, but for the traces that sampling has left out."""
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        found = self._received(summary, summary.sent + probes, sampled_out)
        return LabUse(found, [*_components([sample for _, sample in self._samples])], [*_replicas(self._samples)])

    def _received(self, summary: Summary, requests: int, sampled_out: int) -> Volume | None:
        after, before = self._volume(), self._before
        if after is None or before is None or not requests or self._viewer is None or self._target is None:
            return None
        with suppress(LabError, KeyError, TypeError, ValueError):
            signals = received(before, after, _OURS)
            found = self._viewer.metrics()
            series = [one for one in found.series if one["service"] not in _OURS]
            if signals is not None and not found.left_out:
                return Volume(
                    f"run {summary.run_id[:8]}", float(after["at"]) - float(before["at"]), requests,
                    len(self._target.describe(_SERVICE).instances) or 1, signals, len(series), sum(map(samples_of, series)),
                    _kept(summary, sampled_out), float(summary.response_bytes) or None, aggregated=aggregated(series),
                )
        return None

    def _volume(self) -> Mapping[str, Any] | None:
        """None: a viewer that does not answer, or is older than this labctl."""
        with suppress(LabError):
            return self._viewer.volume() if self._viewer else None
        return None

    def _watch(self) -> None:
        with suppress(LabError):
            self._autoscaled = addons.is_autoscaled(self._target.switches()) if self._target else False
            next(self._looks, None)     # CPU is measured from here on
            while True:
                over = self._over.wait(_PERIOD_S)
                self._samples.append((time.monotonic() - self._begun, next(self._looks, [])))
                if over:
                    return


def _kept(summary: Summary, sampled_out: int) -> float:
    """Of the run's own traces: what was sent before it to warm up is counted as traffic, and not as kept or left out."""
    return max(0.0, 1 - sampled_out / summary.sent) if summary.sent else 1.0


def _replicas(samples: Sequence[tuple[float, Sequence[Usage]]]) -> Iterator[tuple[float, int]]:
    """At first, and whenever their number has changed."""
    last = None
    for at, sample in samples:
        count = _pods(sample)
        if count is not None and count != last:
            yield (0.0 if last is None else round(at, 1)), count
            last = count


def _pods(sample: Sequence[Usage]) -> int | None:
    return next((one.pods for one in sample if one.component == _SERVICE), None)


def _components(samples: Sequence[Sequence[Usage]]) -> Iterator[ComponentUse]:
    found: dict[str, list[Usage]] = {}
    for usage in (usage for sample in samples for usage in sample):
        found.setdefault(usage.component, []).append(usage)
    for component, used in found.items():
        cpu = [one.cpu for one in used if one.cpu is not None]
        throttled = [one.throttled for one in used if one.throttled is not None]
        memory = max((one.memory for one in used if one.memory is not None), default=0)
        yield ComponentUse(component, cpu, memory, max(throttled, default=None))
