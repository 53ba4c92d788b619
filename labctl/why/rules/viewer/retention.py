"""Limits of the viewer's store so small that what arrives is deleted at once."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "how much and how long the viewer keeps (LABCTL_VIEWER_MAX_SIZE, LABCTL_VIEWER_MAX_AGE)"
_LIMITS: Final = {
    "--max-bytes": ("LABCTL_VIEWER_MAX_SIZE", "1G", 4 << 20), "--max-age": ("LABCTL_VIEWER_MAX_AGE", "24h", 60),
}


def find(facts: Facts) -> Iterator[Finding]:
    component = facts.component("viewer")
    if component is None:
        return
    for option, (setting, default, least) in _LIMITS.items():
        value = _option(component.arguments, option)
        if value is None or value >= least:
            continue
        expected = _option(component.expected.arguments, option) if component.expected else value
        size = option == "--max-bytes"
        changed = expected != value
        lost = facts.canary is not None and not facts.canary.whole
        keeps = f"only {numbers.size(value)}" if size else f"telemetry for only {value:g} s"
        other = (Evidence("the settings", f"{setting} gives {option} {expected:g}"),) if changed and expected is not None else ()
        yield Finding(
            "retention", Kind.CAUSE if changed else Kind.NOTICE, "viewer",
            f"the viewer keeps {keeps}, and deletes the rest at once",
            (Evidence("the viewer's command line", f"{option} {value:g}"), *other),
            "labctl up" if changed else f"labctl up --set {setting}={default}",
            leads_to=frozenset({Symptom.VIEWER_REFUSES, Symptom.METRICS_MISSING}), suspect=lost,
        )


def _option(arguments: Sequence[str], option: str) -> float | None:
    for word, value in pairwise(arguments):
        if word == option:
            try:
                return float(value)
            except ValueError:
                return None
    return None
