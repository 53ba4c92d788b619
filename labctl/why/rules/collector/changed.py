"""Any other part of the collector's configuration that is not as the project gives it.

Subtle: a changed manifest that was not applied yet looks the same.
So it is a cause only where spans are lost and nothing else explains it.
"""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Certainty, Finding, Kind, Symptom
from labctl.why import collector_config
from labctl.why.facts import Facts
from labctl.why.rules.collector import late, sampling

LOOKS_AT: Final = "whether the collector runs with the configuration that labctl up would give it"
_KNOWN: Final = ("service.pipelines.", "exporters.", "receivers.otlp.protocols.", "processors.memory_limiter.",
                 *(f"processors.{kind}" for kind in sampling.KINDS))
"""Paths that have rules of their own."""
_AGAINST: Final = "nothing shows that this is what loses the spans"
_HEALTH: Final = "health_check"


def find(facts: Facts) -> Iterator[Finding]:
    paths = collector_config.changed(facts)
    held = tuple(f"{path.rpartition('.')[0]}." for path in paths if path.rpartition(".")[2] in late.KEYS)
    changed = [path for path in paths if not path.startswith((*_KNOWN, *held)) and not _of_another_extension(facts, path)]
    suffers = facts.canary is not None and facts.canary.answered and not facts.canary.whole
    if changed:
        yield Finding(
            "collector-changed", Kind.NOTICE, "collector",
            f"the collector's {changed[0]} is not as in the project's configuration",
            collector_config.evidence(facts, *changed), "labctl up", leads_to=frozenset({Symptom.COLLECTOR_DROPS}),
            suspect=True, certainty=Certainty.POSSIBLE, against=_AGAINST if suffers else "",
        )


def _of_another_extension(facts: Facts, path: str) -> bool:
    """Such as a receiver's authenticator, which has a rule of its own."""
    config = collector_config.running(facts)
    listed = config.of("service", "extensions") if config else None
    if path == "service.extensions":
        return isinstance(listed, list) and _HEALTH in listed
    return path.startswith("extensions.") and not path.startswith(f"extensions.{_HEALTH}")
