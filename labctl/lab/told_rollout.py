"""Tells the viewer's page when the service or the collector was started anew, and what `up` has changed."""

from collections.abc import Sequence
from typing import Final

from labctl.components import COLLECTOR, SERVICE
from labctl.host.background_task import BackgroundTask
from labctl.lab.plan import StepName, StepResult
from labctl.model import Work
from labctl.viewer_client import annotations
from labctl.viewer_client.annotations import Annotation, AnnotationKind

_TOLD: Final = (SERVICE.name, COLLECTOR.name)


def telling(viewer: str, work: Sequence[Work], steps: Sequence[StepResult]) -> BackgroundTask[bool]:
    return annotations.telling(viewer, *rollout(work, steps))


def rollout(work: Sequence[Work], steps: Sequence[StepResult]) -> list[Annotation]:
    """One of all that an `up` has started; none where that was nothing."""
    started = [one for one in work if one.component in _TOLD]
    if not started:
        return []
    names = sorted({one.component for one in started}, key=_TOLD.index)
    begin, end = min(one.start_ns for one in started) / 1e9, max(one.end_ns for one in started) / 1e9
    changed = "; ".join(step.result for step in steps if step.changed and step.name in {StepName.PUBLISH, StepName.DEPLOY})
    return [Annotation(
        AnnotationKind.ROLLOUT, f"{begin:.3f}", begin, f"{' and '.join(names)} started", end,
        {"components": names, "changed": changed},
    )]
