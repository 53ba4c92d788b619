"""The symptom that the viewer counts: it refuses invalid items."""

from collections.abc import Iterator, Mapping
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "what the viewer refuses"


def find(facts: Facts) -> Iterator[Finding]:
    viewer = facts.viewer
    refused = viewer.refused() if viewer else 0
    if viewer is None or not refused:
        return
    by_signal = viewer.counts.get("reasons")
    reasons = [reason for reasons in by_signal.values() for reason in reasons] if isinstance(by_signal, Mapping) else []
    why = f": {', '.join(map(str, reasons[:3]))}" if reasons else ""
    yield Finding(
        "viewer-refuses", Kind.SYMPTOM, "viewer", "the viewer refuses invalid telemetry",
        (Evidence("the viewer's /api/counts", f"{numbers.plural(refused, 'item')} refused in the last seconds{why}"),),
        "labctl logs viewer", symptom=Symptom.VIEWER_REFUSES,
    )
