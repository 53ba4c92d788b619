"""The lessons in the order in which they are best taken."""

from typing import Final

from labctl.errors import UsageError
from labctl.lessons.lesson import Lesson
from labctl.lessons.stories import autoscaling, cost, histograms, jaeger, latency, limits, logs, prometheus, tracing, troubles

LESSONS: Final[tuple[Lesson, ...]] = (
    tracing.LESSON, histograms.LESSON, latency.LESSON, cost.LESSON, limits.LESSON, *troubles.LESSONS,
    prometheus.LESSON, troubles.OF_ALERTS, jaeger.LESSON, logs.LESSON, autoscaling.LESSON,
)


def find(name: str) -> Lesson:
    """Raises UsageError with the lesson that was probably meant."""
    for lesson in LESSONS:
        if lesson.name == name:
            return lesson
    from difflib import get_close_matches

    near = get_close_matches(name, [lesson.name for lesson in LESSONS], 1)
    raise UsageError(f"there is no lesson {name}", hint=f"labctl learn {near[0]}" if near else "labctl learn --list")
