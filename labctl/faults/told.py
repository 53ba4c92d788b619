"""Tells the viewer's page when a fault begins and when it ends; a secret one's name only when it has ended.

Subtle: before the lab is changed, since the viewer may be what breaks. Where no port of this machine leads to the viewer, nothing
is told: a forward would be opened for this alone.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from labctl.errors import LabError
from labctl.faults.catalogue import BY_NAME
from labctl.faults.fault import Fault
from labctl.faults.record import FaultRecord
from labctl.model import LabSpec, Target
from labctl.targets import running_target
from labctl.viewer_client.annotations import Annotation, AnnotationKind, going_on, tell

NAMELESS: Final = "a secret fault"
_AT: Final = "@"                        # between an entry of the record and when it began


def begin(target: Target, before: FaultRecord, after: FaultRecord) -> list[Annotation]:
    """The faults that are about to begin, as they were told."""
    now, new = time.time(), after.entries[len(before.entries):]
    told = [_begun(entry, now, after.until) for entry in new]
    if viewer := _viewer(target):
        tell(viewer, *told)
    return told


def end(target: Target, found: FaultRecord, left: FaultRecord) -> None:
    """All that go on, but those of `left`."""
    if viewer := _viewer(target):
        tell(viewer, *_ended(going_on(viewer, AnnotationKind.FAULT), found, left))


def all_gone(spec: LabSpec, found: FaultRecord) -> None:
    """After the lab was made equal to its project."""
    with suppress(LabError):
        if target := running_target(spec):
            end(target, found, FaultRecord(0.0, {}))


def take_back(target: Target, told: Iterable[Annotation]) -> None:
    """They could not be injected."""
    if viewer := _viewer(target):
        now = time.time()
        tell(viewer, *(_end(one, now, f"{one.title}: not injected", {}) for one in told))


def _begun(entry: str, now: float, until: float) -> Annotation:
    fault = BY_NAME.get(entry)
    data = _about(fault) if fault else {"secret": True}
    title = fault.name if fault else NAMELESS
    return Annotation(AnnotationKind.FAULT, f"{entry}{_AT}{now:.3f}", now, title, data={**data, "until": until})


def _ended(told: Iterable[Annotation], found: FaultRecord, left: FaultRecord) -> Iterator[Annotation]:
    now, names = time.time(), {entry: fault for fault in found.faults for entry in found.entries_of(fault)}
    for one in told:
        entry = one.key.rpartition(_AT)[0]
        if entry not in left.entries:
            fault = names.get(entry)
            yield _end(one, now, fault.name if fault else one.title, _about(fault) if fault else {})


def _end(one: Annotation, now: float, title: str, data: dict[str, Any]) -> Annotation:
    return Annotation(one.kind, one.key, one.begin, title, max(now, one.begin), {**one.data, **data})


def _about(fault: Fault) -> dict[str, Any]:
    return {"fault": fault.name, "row": fault.row.value, "teaches": fault.teaches}


def _viewer(target: Target) -> str:
    try:
        lab = target.endpoints()
    except LabError:
        return ""
    return "" if "viewer" in lab.temporary else lab.urls.get("viewer", "")
