"""What `make scan` makes of what the scanners find. The scanners themselves run there, on the real manifests."""

from pathlib import Path

import pytest

from tests.scan.findings import Excepted, Finding, judged, read_exceptions
from tests.scan.material import place
from tests.scan.scanners import SCANNERS

ROOT = Path(__file__).resolve().parents[2]
FOUND = [Finding("one", "A1", "Deployment/a", "is bad"), Finding("one", "A1", "Deployment/b", "is bad")]


def test_a_finding_without_an_exception_is_told() -> None:
    assert judged(FOUND, [Excepted("one:A1", "Deployment/a")], ["one"]) == ["Deployment/b: one:A1: is bad"]
    assert judged(FOUND, [Excepted("one:A1", "Deployment/*")], ["one"]) == []


def test_an_exception_is_of_one_scanner_and_one_check() -> None:
    assert len(judged(FOUND, [Excepted("two:A1", "*"), Excepted("one:A2", "*")], [])) == 2


def test_an_exception_that_matches_nothing_is_told_where_its_scanner_ran() -> None:
    old = Excepted("two:B1", "Dockerfile")
    assert judged([], [old], ["one"]) == []
    assert judged([], [old], ["one", "two"]) == ["Dockerfile: the exception from two:B1 matches nothing: remove it"]


def test_an_entry_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text('[[exception]]\nchecks = ["one:A1"]\nwhere = ["*"]\nreason = "fine"\n')
    with pytest.raises(ValueError, match="no reason"):
        read_exceptions(file)


def test_the_projects_exceptions_have_reasons_and_name_scanners_that_exist() -> None:
    exceptions = read_exceptions(ROOT / "docs" / "security-exceptions.toml")
    assert {each.check.partition(":")[0] for each in exceptions} <= {one.name for one in SCANNERS}


def test_a_finding_is_at_an_object_or_a_file() -> None:
    assert place("/manifests/kind/Service.a-node-port.yaml") == "Service/a-node-port"
    assert place("/Dockerfile") == "Dockerfile"
