"""A configuration that the collector cannot use, with the key that is wrong, from its last log lines."""

import re
from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import LogLine, ObservedComponent, State
from labctl.why import collector_config
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the collector could use its configuration"
_BEGIN: Final = re.compile(r"^Error: (.*)")                             # cobra's line for a command that failed
_SECTION: Final = re.compile(r"'(\w+)' error reading configuration for \"([^\"]+)\"")
_INVALID: Final = re.compile(r"'([^']*)' has invalid keys: ([\w, ]+)")
_PATH: Final = re.compile(r"\b((?:service|receivers|processors|exporters|extensions|connectors)(?:::[\w/.-]+)+)")
_LINES: Final = 6


def find(facts: Facts) -> Iterator[Finding]:
    component = facts.component("collector")
    if component is None or component.health.state is State.READY:
        return
    said = _last_error([*component.previous_log, *component.log])
    if said:
        key, others = _key(said), _other_arguments(component)
        section = key.rpartition(".")[0] or key
        yield Finding(
            "collector-config", Kind.CAUSE, "collector",
            f"the collector cannot use its configuration{f': {key}' if key else ''}",
            (*(Evidence(facts.log_source("collector"), line.text.strip(), line.at) for line in said[:_LINES]),
             *collector_config.evidence(facts, section), *others),
            # that its process or container ends is shown under this finding, which names the key
            "labctl up" if others else collector_config.remedy(facts, section or "what it names"),
            leads_to=frozenset({Symptom.COLLECTOR_DOWN}),
        )


def _other_arguments(component: ObservedComponent) -> tuple[Evidence, ...]:
    """The command line that names its configuration, where it is not the one that it should have."""
    now, expected = component.arguments, component.expected.arguments if component.expected else ()
    if not now or not expected or list(now)[-len(expected) + 1:] == list(expected)[1:]:
        return ()
    return (Evidence("the collector's command line", " ".join(now)),)


def _last_error(log: list[LogLine]) -> list[LogLine]:
    """The lines from its last `Error:` on, where it ended with that and has not begun again."""
    begins = [place for place, line in enumerate(log) if _BEGIN.match(line.text)]
    found = log[begins[-1]:] if begins else []
    return [line for line in found if line.text.strip()] if not any("\tinfo\t" in line.text for line in found) else []


def _key(said: list[LogLine]) -> str:
    """`processors.memory_limiter.limit_percentag`, as far as its words tell."""
    text = "\n".join(line.text for line in said)
    section, invalid, path = _SECTION.search(text), _INVALID.search(text), _PATH.search(text)
    if path:
        return path[1].replace("::", ".").rstrip(".")
    named = [*(section.groups() if section else ()), *([invalid[2]] if invalid else ())]
    return ".".join(named)
