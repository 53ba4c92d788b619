"""Tells the viewer what labctl does, for its page to show beside the telemetry: runs, faults, rollouts, findings.

Subtle: nothing depends on it. A viewer that does not answer, or is older and has no such thing, costs the caller half a second at
most, and no failure is raised. Nothing secret may be in an annotation: whoever may look at the page sees it.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from labctl.errors import LabError
from labctl.host.background_task import BackgroundTask
from labctl.host.http import get, post

PATH: Final = "/api/annotations"
OK: Final = 200
WITHIN_S: Final = 0.5
_LONGEST: Final = 500                   # characters of a title


class AnnotationKind(StrEnum):
    RUN = "run"
    FAULT = "fault"
    ROLLOUT = "rollout"
    FINDINGS = "findings"


@dataclass(frozen=True, slots=True)
class Annotation:
    kind: AnnotationKind
    key: str                            # the same key takes the place of what was told before
    begin: float                        # Unix seconds
    title: str
    end: float | None = None            # None: it goes on
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "key": self.key, "begin": self.begin, "end": self.end, "title": self.title[:_LONGEST],
            "data": dict(self.data),
        }


def tell(viewer: str, *annotations: Annotation) -> bool:
    """Whether the viewer, by its URL, has taken all of them."""
    if not annotations:
        return True
    body = json.dumps([one.as_json() for one in annotations]).encode()
    with suppress(LabError):
        answer = post(f"{viewer}{PATH}", body, {"content-type": "application/json"}, timeout_s=WITHIN_S)
        return answer.status == OK and not answer.document().field("refused").fields()
    return False


def telling(viewer: str, *annotations: Annotation) -> BackgroundTask[bool]:
    """The same in the background."""
    return BackgroundTask(partial(tell, viewer, *annotations))


def going_on(viewer: str, kind: AnnotationKind) -> list[Annotation]:
    """Those that have not ended, as far as the viewer says."""
    with suppress(LabError, KeyError, TypeError, ValueError):
        answer = get(f"{viewer}{PATH}?{urlencode({'kind': kind.value})}", timeout_s=WITHIN_S)
        found = answer.document().value["annotations"] if answer.status == OK else []
        return [
            Annotation(kind, str(one["key"]), float(one["begin"]), str(one["title"]), data=dict(one["data"]))
            for one in found if one["end"] is None
        ]
    return []
