"""The findings of `labctl why`: what is wrong, the evidence quoted with its source, what follows, and the line that mends it.

Subtle: a remedy is never wrapped, so that it can be copied from the terminal in one go.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.findings import Certainty, Evidence, Finding, Kind
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import BAD, DIM, GOOD, WARN
from labctl.ui.kit.safe_text import visible
from labctl.why.diagnose import Diagnosis
from labctl.why.ranking import Ranked

_SIGNS: Final = {Kind.CAUSE: ("✗", BAD), Kind.SYMPTOM: ("?", WARN), Kind.NOTICE: ("·", DIM)}
_CERTAINTY: Final = {Certainty.CERTAIN: "", Certainty.LIKELY: " (likely)", Certainty.POSSIBLE: " (possible)"}
_LONGEST: Final = 400                   # characters of one piece of evidence
_SHORT: Final = 90                      # of what is said of a symptom
_LABEL: Final = 26                      # cells of the column with the sources, at most a third of the width


def show(diagnosis: Diagnosis, console: Console, *, everything: bool = False) -> None:
    """`everything`: also what was looked at and is fine."""
    if diagnosis.healthy:
        words = "Nothing is wrong" + (f" with the {diagnosis.component}" if diagnosis.component else "")
        console.print(_hanging(Text("✓", style=GOOD), Text.assemble((words, "bold"), f": {visible(diagnosis.seen)}")))
    elif diagnosis.well:
        words = "It is unknown whether anything is wrong: too little could be looked at in time"
        console.print(_hanging(Text("?", style=WARN), Text(words, style="bold")))
    for place, ranked in enumerate(diagnosis.ranked):
        if place or diagnosis.well:
            console.print()
        _show(ranked, console)
    _foot(diagnosis, console, everything=everything)


def _show(ranked: Ranked, console: Console) -> None:
    finding = ranked.finding
    sign, colour = _SIGNS[finding.kind]
    said = f"{finding.message}{_CERTAINTY[finding.certainty]}" if finding.kind is Kind.CAUSE else finding.message
    console.print(_hanging(Text(sign, style=colour), Text(visible(said), style="bold" if finding.kind is Kind.CAUSE else "")))
    console.print(_details(ranked, min(_LABEL, console.width // 3)))
    if finding.remedy:
        console.print(Text.assemble("  try: ", (visible(typed(finding.remedy)), "bold")), soft_wrap=True)


def _hanging(sign: Text, text: Text) -> Table:
    grid = Table.grid()
    grid.add_column(width=2)
    grid.add_column(overflow="fold")
    grid.add_row(sign, text)
    return grid


def _details(ranked: Ranked, label: int) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=0)
    grid.add_column(style=DIM, max_width=label)
    grid.add_column(overflow="fold")
    for name, text in _rows(ranked):
        grid.add_row("", visible(name), Text(visible(text)))
    return grid


def _rows(ranked: Ranked) -> Iterator[tuple[str, str]]:
    before = ""
    for evidence in ranked.finding.evidence:
        source = _source(evidence)
        yield "" if source == before else source, _cut(evidence.text)
        before = source
    yield from _labelled("so", (_with_source(symptom) for symptom in ranked.symptoms))
    if ranked.finding.against:
        yield "against", ranked.finding.against


def _labelled(label: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    for place, text in enumerate(dict.fromkeys(texts)):
        yield "" if place else label, text


def _with_source(symptom: Finding) -> str:
    first = next(iter(symptom.evidence), None)
    return f"{symptom.message}: {_cut(first.text, _SHORT)}" if first else symptom.message


def _source(evidence: Evidence) -> str:
    if evidence.at is None:
        return evidence.source
    return f"{evidence.source}, {time.strftime('%H:%M:%S', time.localtime(evidence.at))}"


def _cut(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else f"{text[:most - 1]}…"


def _foot(diagnosis: Diagnosis, console: Console, *, everything: bool) -> None:
    for what in diagnosis.failed:
        console.print(Text(f"could not look at {visible(what)}", style=WARN))
    looked = numbers.plural(len(diagnosis.examined), "thing")
    if not everything:
        console.print(Text(f"\nLooked at {looked}; {typed('labctl why')} -v lists them.", style=DIM))
        return
    console.print(Text(f"\nLooked at {looked}:", style=DIM))
    for what in diagnosis.examined:
        console.print(_hanging(Text("·", style=DIM), Text(visible(what), style=DIM)))
