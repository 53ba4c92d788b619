"""Tells the viewer's page when the service or the collector was started anew, and what `up` has changed."""

from collections.abc import Mapping, Sequence
from typing import Final

from labctl.components import COLLECTOR, SERVICE
from labctl.host.background_task import BackgroundTask
from labctl.lab.plan import StepName, StepResult
from labctl.viewer_client import annotations
from labctl.viewer_client.annotations import Annotation, AnnotationKind

_TOLD: Final = (SERVICE.name, COLLECTOR.name)


def telling(viewer: str, started: Mapping[str, int], steps: Sequence[StepResult]) -> BackgroundTask[bool]:
    return annotations.telling(viewer, *rollout(started, steps))


def rollout(started: Mapping[str, int], steps: Sequence[StepResult]) -> list[Annotation]:
    """One of all that an `up` has started, until everything was ready; none where it has started neither.

    `started`: when, by component, in Unix nanoseconds.
    """
    names = [name for name in _TOLD if name in started]
    if not names:
        return []
    begin = min(started[name] for name in names) / 1e9
    end = max([begin, *(step.end_ns / 1e9 for step in steps if step.name is StepName.READY)])
    changed = "; ".join(step.result for step in steps if step.changed and step.name in {StepName.PUBLISH, StepName.DEPLOY})
    return [Annotation(
        AnnotationKind.ROLLOUT, f"{begin:.3f}", begin, f"{' and '.join(names)} started", end,
        {"components": names, "changed": changed},
    )]
