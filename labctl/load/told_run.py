"""Tells the viewer's page of a run: what was planned when it begins, how far it is every two seconds, and its result.

Subtle: a thread of its own sends, and takes the latest figures that it was given: neither the load nor the screen waits for it.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final, Self

from labctl.host.background_task import BackgroundTask
from labctl.load import summary_json
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.thresholds import Threshold
from labctl.load.result import RunResult
from labctl.redaction import redacted_url
from labctl.viewer_client.annotations import WITHIN_S, Annotation, AnnotationKind, tell

_EVERY_S: Final = 2.0


class ToldRun:
    """Use as a context manager around the run; `see` is called with its figures as they come, `end` with the result."""

    def __init__(self, viewer: str, plan: LoadPlan, scenario: str, thresholds: Sequence[Threshold]) -> None:
        """`viewer` "": nobody is told."""
        self._viewer, self._plan = viewer, plan
        self._planned: Mapping[str, Any] = {
            "run_id": plan.run_id, "scenario": scenario, "planned": plan.planned, "rate": plan.mean_rps,
            "concurrency": plan.concurrency, "url": redacted_url(plan.url), "thresholds": [one.text() for one in thresholds],
            "length_s": plan.length_s,
        }
        self._begin = time.time()
        self._latest: Snapshot | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell_along, name="told run", daemon=True)

    def __enter__(self) -> Self:
        if self._viewer:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over.set()
        if kind and self._viewer:       # there will be no result
            BackgroundTask(self._tell_interrupted).done(2 * WITHIN_S)

    def see(self, snapshot: Snapshot) -> None:
        if self._latest is None:        # the generators were started before it began
            self._begin = time.time() - snapshot.elapsed_s
        self._latest = snapshot

    def end(self, result: RunResult) -> BackgroundTask[None]:
        """Begin to tell the result."""
        return BackgroundTask(partial(self._tell_result, result) if self._viewer else lambda: None)

    def _tell_along(self) -> None:
        while True:
            snapshot = self._latest
            self._tell(self._begin, None, _figures(snapshot) if snapshot else {})
            if self._over.wait(_EVERY_S):
                return

    def _tell_interrupted(self) -> None:
        self._thread.join(WITHIN_S)
        self._tell(self._begin, time.time(), {**(_figures(self._latest) if self._latest else {}), "interrupted": True})

    def _tell_result(self, result: RunResult) -> None:
        if self._thread.is_alive():
            self._thread.join(WITHIN_S)             # it is told last
        summary = result.summary
        begin = time.time() - (time.monotonic() - summary.started) if summary.started else self._begin
        kept = {
            "slo": [asdict(one) for one in result.verdicts], "ledger": result.ledger.as_json() if result.ledger else None,
            "use": result.use.as_json(), "remarks": list(result.remarks),
        }
        # a long timeline is too large, and the figures are worth telling without it
        summary = replace(summary, url=redacted_url(summary.url))
        for told in (summary, replace(summary, timeline=None)):
            if self._tell(begin, begin + summary.duration_s, {"summary": summary_json.encode(told), **kept}):
                return

    def _tell(self, begin: float, end: float | None, data: Mapping[str, Any]) -> bool:
        title = f"run {self._plan.run_id[:8]}" + (f", {self._planned['scenario']}" if self._planned["scenario"] else "")
        return tell(self._viewer, Annotation(
            AnnotationKind.RUN, self._plan.run_id, begin, title, end, {**self._planned, **data},
        ))


def _figures(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "sent": snapshot.sent, "answered": snapshot.successful + snapshot.failed, "failed": snapshot.failed,
        "elapsed_s": snapshot.elapsed_s, "answer_rate": snapshot.rate, "latency_ms": snapshot.latency.as_json(),
        "errors": dict(snapshot.errors),
    }
