"""Every `-o json` is one object of a documented shape: what is printed is on docs/json.md, and what is there is printed."""

import json
import re
from pathlib import Path
from typing import Any

from tests.contract.conftest import at_any_endpoints
from tests.driver import ROOT, Driver, a_name
from tests.unit.ui.run_samples import CAPACITY

PAGE = (ROOT / "docs" / "json.md").read_text()
SHAPES = {
    section.partition("\n")[0].strip(): {
        name for row in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
}


def printed(lab: Driver, *words: str, code: int | None = 0) -> dict[str, Any]:
    said = lab.run(*words, "-o", "json", code=code, timeout=90).stdout

    def refused(constant: str) -> float:
        raise AssertionError(f"{constant} is no JSON")

    document = json.loads(said, parse_constant=refused)
    assert list(document)[:2] == ["apiVersion", "kind"]
    assert document["apiVersion"] == "labctl.dev/v1"
    fields = document.keys() - {"apiVersion", "kind"}
    assert fields == SHAPES[document["kind"]], f"docs/json.md and {document['kind']} differ"
    return document


def test_reading_commands(lab: Driver) -> None:
    kinds = [printed(lab, *words.split(), code=None)["kind"] for words in (
        "up", "status", "check", "config", "doctor", "version", "metrics", "predict 1 2", "top", "trace slowest", "why",
        "describe service", "check --from service", "up --explain --sampling head:5%",
    )]
    assert kinds == [
        "Up", "Status", "Check", "Config", "Doctor", "Version", "Metrics", "Prediction", "Usage", "Trace", "Why",
        "Description", "Check", "Explanation",
    ]


@at_any_endpoints
def test_faults(lab: Driver) -> None:
    kinds = [printed(lab, *words.split())["kind"] for words in ("break --list", "break viewer-gone", "mend")]
    assert kinds == ["Faults", "Break", "Mend"]


@at_any_endpoints
def test_load_runs(lab: Driver, tmp_path: Path) -> None:
    for words in (("load", "-n", "20", "--rps", "100"), ("load", "-n", "20", "-c", "2", "--slo", "p50<10s")):
        assert printed(lab, *words)["kind"] == "LoadRun"
    assert printed(lab, "runs")["kind"] == "RunList"
    assert printed(lab, "why", "last", code=None)["kind"] == "WhyRun"
    assert printed(lab, "why", "slowest")["kind"] == "WhyTrace"
    assert printed(lab, "compare", "last-1", "last", code=None)["kind"] == "Comparison"
    assert printed(lab, "save", str(tmp_path / "run.json"))["kind"] == "Saved"
    assert printed(lab, "cost")["kind"] == "Cost"
    assert printed(lab, "cost", "--compare")["kind"] == "CostComparison"
    # with head sampling nothing is replayed, which needs the collector's program
    assert printed(lab, "sampling", "what-if", "--sampling", "head:50%")["kind"] == "SamplingWhatIf"


def test_a_search_for_the_highest_rate() -> None:
    """Not run here, as it takes a dozen seconds; the shapes of lessons are tested with the lessons."""
    assert CAPACITY.as_json().keys() == SHAPES["Capacity"]


def test_every_shape_is_tested_here() -> None:
    assert set(SHAPES) == {
        "Up", "Down", "Status", "Check", "Config", "Doctor", "Version", "Metrics", "Prediction", "Usage", "Trace", "LoadRun",
        "RunList", "Comparison", "Capacity", "Why", "Lesson", "Lessons", "Answer", "Description", "WhyRun", "WhyTrace",
        "Break", "Faults", "Mend", "Explanation", "SamplingWhatIf", "CertificateList", "Export", "Saved",
        "Cost", "CostComparison",
        "JaegerTrace", "LogRecords", "Slo", "Alerts",    # in tests/addons
    }


def test_a_lab_as_files(tmp_path: Path) -> None:
    assert printed(Driver(a_name("files"), tmp_path), "export", str(tmp_path / "lab"))["kind"] == "Export"


def test_taking_a_lab_down(processes: Driver) -> None:
    processes.run("up")
    assert printed(processes, "down")["was_up"] is True
    assert printed(processes, "down")["was_up"] is False
