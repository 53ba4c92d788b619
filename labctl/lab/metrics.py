"""Metric series for people: those that the viewer was sent, and the collector's own, which it only offers at a port.

Subtle: the viewer remembers, and says how a series has changed lately. The collector does not, so its changes are known from the
second look on.
"""

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from labctl.errors import LabError, UsageError, again
from labctl.host.http import get
from labctl.model import METRICS, Endpoints
from labctl.viewer_client import prometheus
from labctl.viewer_client.client import Metrics, ViewerClient

COLLECTOR: Final = "collector"
SLOTS: Final = 20
KEPT: Final = 600                       # looks at the collector
LOOK_S: Final = 3.0
SIMILAR: Final = 0.5
_UPTIME: Final = "otelcol_process_uptime"       # in seconds
Series = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MetricChoice:
    names: Sequence[str] = ()           # whole names, or beginnings of some
    all: bool = False
    window_s: float = 300.0             # of `window`: how a series has changed


@dataclass(frozen=True, slots=True)
class MetricSet:
    series: Sequence[Series]
    expected: Sequence[str] = ()        # the names that belong here, arrived or not
    failed: str = ""                    # whose are missing, and why


class MetricReader:
    """Looks again and again; the changes of the collector's own are those between the looks."""

    def __init__(self, endpoints: Endpoints, choice: MetricChoice) -> None:
        self._endpoints, self._choice = endpoints, choice
        self._viewer = ViewerClient(endpoints.viewer)
        self._looks: deque[tuple[float, dict[tuple[Any, ...], Series]]] = deque(maxlen=KEPT)

    def look(self) -> MetricSet:
        """Raises UsageError for a name that no metric has, with near ones; LabError where nobody answers who could have it."""
        if not (self._choice.all or self._choice.names):
            six = self._viewers(*METRICS)
            return MetricSet(sorted(six.series, key=lambda one: METRICS.index(one["name"])), METRICS, _left_out(six))
        try:
            answer, unanswered = self._chosen_viewers(), None
        except LabError as error:
            answer, unanswered = Metrics([]), error
        found = answer.series
        # through a cluster's API server the collector's port takes seconds
        failed = "" if self._choice.names and {one["name"] for one in found} >= set(self._choice.names) else self._scrape()
        found += self._collectors()
        if unanswered and (failed or not _some_begin(found, self._choice.names)):
            raise unanswered
        failed = f"the viewer's metrics are missing: {_words(unanswered)}" if unanswered else _left_out(answer) or failed
        return _chosen(MetricSet(found, failed=failed), self._choice.names)

    @property
    def looked_at_collector(self) -> bool:
        return bool(self._looks)

    def _chosen_viewers(self) -> Metrics:
        """All; where they are too many for one answer, those of the given names first."""
        every, names = self._viewers(), self._choice.names
        if not (every.left_out and names):
            return every
        others = [one for one in every.series if one["name"] not in names]
        return replace(every, series=[*self._viewers(*names).series, *others])

    def _viewers(self, *names: str) -> Metrics:
        return self._viewer.metrics(*names, window_s=self._choice.window_s, slots=SLOTS)

    def _scrape(self) -> str:
        try:
            answer = get(f"{self._endpoints.collector_metrics}/metrics", timeout_s=LOOK_S)
        except LabError as error:
            return f"the collector's own metrics are missing: {_words(error)}"
        read = prometheus.series(answer.body.decode(errors="replace"), COLLECTOR)
        self._looks.append((time.time(), {_key(one): one for one in read}))
        return ""

    def _collectors(self) -> list[Series]:
        if not self._looks:
            return []
        at, last = self._looks[-1]
        uptime_s = next((_value(one) for one in last.values() if one["name"].startswith(_UPTIME)), None)
        counted = {"since": None if uptime_s is None else at - uptime_s, "instances": 1}
        return [
            {**one, "time": at, "exemplars": [], **(counted if one["monotonic"] else {}), "window": self._window(key, one)}
            for key, one in last.items()
        ]

    def _window(self, key: tuple[Any, ...], last: Series) -> dict[str, Any] | None:
        begin = self._looks[-1][0] - self._choice.window_s
        looks = [(at, found[key]) for at, found in self._looks if at >= begin and key in found]
        if len(looks) < 2:  # noqa: PLR2004 - a change needs two
            return None
        (_, first), seconds = looks[0], looks[-1][0] - looks[0][0]
        values = [_value(one) for _, one in looks]
        window: dict[str, Any] = {"seconds": seconds, "slot_seconds": seconds / (len(looks) - 1), "slots": values[1:]}
        if last["monotonic"]:
            window["slots"] = [max(0.0, after - before) for before, after in pairwise(values)]
            window |= {"increase": sum(window["slots"]), "sum": (last.get("sum") or 0.0) - (first.get("sum") or 0.0)}
            window |= _buckets(first, last)
        return window


def _left_out(answer: Metrics) -> str:
    if not answer.left_out:
        return ""
    return f"{answer.left_out} series are left out, the last to come: the viewer has too many for one answer"


def _words(error: LabError) -> str:
    return f"{error.message}: {error.detail}" if error.detail else error.message


def _some_begin(found: Iterable[Series], names: Sequence[str]) -> bool:
    return not names or any(str(one["name"]).startswith(tuple(names)) for one in found)


def _buckets(first: Series, last: Series) -> dict[str, Any]:
    counts = [now - then for then, now in zip(first.get("counts") or (), last.get("counts") or (), strict=False)]
    return {"bounds": last.get("bounds") or [], "counts": counts}


def _value(one: Series) -> float:
    return float(one.get("count") or 0) if one["type"] == "histogram" else float(one.get("value") or 0)


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["name"], *sorted(one["attributes"].items())


def _chosen(found: MetricSet, names: Sequence[str]) -> MetricSet:
    if not names:
        return found
    known = {str(one["name"]) for one in found.series}
    for name in names:
        if not any(one.startswith(name) for one in known):
            raise UsageError(f"no metric is called {name}, or begins so", detail=found.failed, hint=_near(name, known))
    return replace(found, series=[one for one in found.series if any(wanted(one["name"], name, known) for name in names)])


def wanted(metric: str, name: str, known: Iterable[str]) -> bool:
    """A whole name means that metric alone, also where others begin with it."""
    return metric == name if name in known else metric.startswith(name)


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 3, SIMILAR)
    return "\n".join(again(name, one) for one in near) or "labctl metrics --all"
