"""The findings of `labctl why`, each with its evidence, its consequences and the line that mends it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from labctl.findings import Finding, Kind
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import DIM
from labctl.ui.kit.safe_text import visible
from labctl.why.diagnose import Diagnosis
from labctl.why.ranking import Ranked

_SIGNS = {Kind.CAUSE: "✗", Kind.SYMPTOM: "?", Kind.NOTICE: "·"}


def render(diagnosis: Diagnosis) -> RenderableType:
    if not diagnosis.ranked:
        return Group(Text(f"Nothing is wrong: {len(diagnosis.examined)} things were looked at."), *_failed(diagnosis))
    return Group(*(line for ranked in diagnosis.ranked for line in _ranked(ranked)), *_failed(diagnosis))


def _ranked(ranked: Ranked) -> Iterator[RenderableType]:
    yield from _lines(ranked.finding)
    for symptom in ranked.symptoms:
        yield Text(f"  so: {visible(symptom.message)}")


def _lines(finding: Finding) -> Iterator[RenderableType]:
    yield Text.assemble(f"{_SIGNS[finding.kind]} ", (visible(finding.message), "bold"))
    for evidence in finding.evidence:
        yield Text.assemble(f"  {visible(evidence.source)}: ", (visible(evidence.text), DIM))
    if finding.remedy:
        yield Text(f"  try: {visible(typed(finding.remedy))}")


def _failed(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    for what in diagnosis.failed:
        yield Text(f"could not look at {visible(what)}", style=DIM)
