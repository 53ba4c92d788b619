"""The screen of `labctl why`: what is wrong, quoted evidence, consequences, and a remedy in one line."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.ui.lab import why as screen
from labctl.why.diagnose import Diagnosis, judge
from labctl.why.ranking import rank
from tests.unit.why.samples import by_hand, healthy, lost, only

REMEDY = "sed -i.bak 's/^OTEL_EXPORTER_OTLP_ENDPOINT=/# &/' /home/somebody/projects/lab/.env && labctl up"
CAUSE = Finding(
    "export-endpoint", Kind.CAUSE, "service", "the service exports to http://127.0.0.1:9, which is not the lab's collector",
    (Evidence("the service's environment", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9, from .env"),), REMEDY,
    leads_to=frozenset({Symptom.SERVICE_EXPORT_FAILS}), certainty=Certainty.LIKELY, against="some spans arrived",
)
MISSING = Finding("trace-missing", Kind.SYMPTOM, "lab", "a trace is missing", symptom=Symptom.TRACES_MISSING)


def shown(diagnosis: Diagnosis, width: int = 80, *, everything: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    screen.show(diagnosis, console, everything=everything)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_cause(width: int) -> None:
    said = shown(Diagnosis(rank([MISSING, CAUSE]), ["this", "that"], []), width)
    lines = said.splitlines()
    remedy = f"  try: {REMEDY}"
    assert remedy in lines                      # in one line at every width, and the last of what is said of the cause
    assert all(len(line) <= width for line in lines if line != remedy)
    words = " ".join(said.split())
    assert "(likely)" in words
    assert "so a trace is missing" in words
    assert "against some spans arrived" in words
    assert lines.index(remedy) > max(place for place, line in enumerate(lines) if "arrived" in line)


def test_nothing_is_wrong() -> None:
    said = shown(judge(healthy()), 100)
    assert said.startswith("✓ Nothing is wrong: a request was answered in 105 ms, and its 5 spans arrived in the viewer")
    assert "things; " in said


def test_too_little_is_known() -> None:
    assert shown(replace(judge(healthy()), complete=False)).startswith("? It is unknown whether anything is wrong")


def test_what_was_looked_at_is_listed_on_demand() -> None:
    said = shown(Diagnosis([], ["this", "that"], ["the viewer: no answer"]), everything=True)
    assert "· this\n" in said
    assert "could not look at the viewer: no answer" in said


def test_text_from_outside_is_made_safe() -> None:
    nasty = replace(CAUSE, message="a\x1b[31mb", evidence=(Evidence("log\x07", "x\x1b]0;y"),), remedy="labctl up\x1b[2J")
    said = shown(Diagnosis(rank([nasty]), [], []))
    assert "\x1b" not in said
    assert "\x07" not in said


def test_a_real_fault() -> None:
    said = shown(judge(lost(by_hand(healthy(), OTEL_SDK_DISABLED="true"), only("client"))), 100)
    assert "✗ the service's OpenTelemetry SDK is off: it makes no telemetry" in said
    assert "OTEL_SDK_DISABLED=true; the settings do not set it" in said
    assert "try: labctl up" in said
