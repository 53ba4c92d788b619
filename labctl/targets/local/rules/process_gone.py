"""A component whose process has ended: it was killed, or it could not start."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from labctl.components import BY_NAME, belonging
from labctl.findings import DOWN, Evidence, Finding, Kind
from labctl.model import LogLine, ObservedComponent, State
from labctl.targets.local import processes
from labctl.targets.local.lab_processes import LabProcesses, down_with
from labctl.targets.local.logs import OF_GO, is_error, time_of

LOOKS_AT: Final = "whether each component's process runs"
_LINES: Final = 3
_AT_THE_END_S: Final = 2.0
_NO_ERROR: Final = "ends here, with no error: it was killed, or told to end"


def find(lab: LabProcesses) -> Iterator[Finding]:
    for component in lab.components.values():
        if component.health.state is State.ABSENT:
            yield _gone(lab, component)


def _gone(lab: LabProcesses, component: ObservedComponent) -> Finding:
    host = processes.hosted(BY_NAME[component.name])
    process = host.component if host else component.name
    hosted = f": it is in the {process}'s process" if host else ""
    said = f"; its last output: {words}" if (words := _last_words(component)) else ""
    return Finding(
        "process-gone", Kind.CAUSE, component.name, f"{belonging(component.name)} process is gone{hosted}{said}",
        (Evidence("process table", f"no {process} of the lab {lab.spec.name}"), *_last_lines(component)),
        "labctl up", symptom=DOWN[component.name], leads_to=down_with(component.name),
    )


def _last_words(component: ObservedComponent) -> str:
    """What it said at its end, where that is no line of its log with a time, but what a program writes that cannot go on."""
    lines = _at_the_end(component)
    return next((line.text for line in lines if line.text.startswith(OF_GO)), lines[-1].text if lines else "")


def _at_the_end(component: ObservedComponent) -> list[LogLine]:
    """Its last lines without a time."""
    lines = [*component.previous_log, *component.log]
    return list(takewhile(lambda line: time_of(line.text) is None, reversed(lines)))[::-1]


def _last_lines(component: ObservedComponent) -> Iterator[Evidence]:
    lines, source = [*component.previous_log, *component.log], f"{belonging(component.name)} log"
    if words := _last_words(component):         # what a program writes that cannot go on is several lines
        shown = lines[-_LINES:] if words == lines[-1].text else [one for one in _at_the_end(component) if one.text == words]
        yield from (Evidence(source, line.text, line.at) for line in shown)
    elif lines:
        last = lines[-1].at or 0.0
        errors = [line for line in lines if is_error(line.text) and (line.at or 0.0) >= last - _AT_THE_END_S]
        yield Evidence(source, errors[-1].text, errors[-1].at) if errors else Evidence(source, _NO_ERROR, last)
