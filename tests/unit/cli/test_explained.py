"""An error of `up`, `check` or `dev` gets the first cause's evidence and remedy, and stays what it is."""

import pytest

from labctl.cli import explained
from labctl.config import Config, load
from labctl.errors import LabError, NotReady, Refused
from labctl.findings import Evidence, Finding, Kind
from labctl.why import diagnose
from labctl.why.diagnose import Diagnosis
from labctl.why.ranking import Ranked
from tests.driver import ROOT

ERROR = NotReady("the pipeline is broken: collector", detail="connection refused", hint="labctl logs collector")
CAUSE = Finding(
    "process-gone", Kind.CAUSE, "collector", "the collector's process is gone", (Evidence("log", "Error: x"),), "labctl up",
)


@pytest.fixture
def config() -> Config:
    return load({}, {"LABCTL_PROJECT": str(ROOT)}, ROOT)


def finding(monkeypatch: pytest.MonkeyPatch, *found: Finding) -> None:
    monkeypatch.setattr(diagnose, "diagnose", lambda *_, **__: Diagnosis([Ranked(one) for one in found], [], []))


def test_a_cause_replaces_detail_and_hint(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    finding(monkeypatch, CAUSE)
    told = explained.explain(config, ERROR)
    assert (type(told), told.message, told.exit_code) == (NotReady, ERROR.message, 5)
    assert told.detail == "cause: the collector's process is gone\nlog: Error: x"
    assert told.hint == "labctl up"


def test_up_is_not_told_to_run_up_again(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    """It is told the cause all the same."""
    finding(monkeypatch, CAUSE)
    told = explained.explain(config, ERROR, of_up=True)
    assert told.detail.startswith("cause: the collector's process is gone")
    assert told.hint == ERROR.hint


def test_what_a_flag_has_set_is_mended_by_an_up_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch, CAUSE)
    flagged = load({"OTLP_TOKEN_FILE": "/wrong"}, {"LABCTL_PROJECT": str(ROOT)}, ROOT)
    assert explained.explain(flagged, ERROR, of_up=True).hint == "labctl up"


def test_a_symptom_explains_nothing(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    finding(monkeypatch, Finding("slow", Kind.SYMPTOM, "service", "slow"))
    assert explained.explain(config, ERROR) is ERROR


@pytest.mark.parametrize("raised", [LabError("no lab is up"), RuntimeError("a bug"), OSError("broken")])
def test_a_diagnosis_that_fails_masks_nothing(monkeypatch: pytest.MonkeyPatch, config: Config, raised: Exception) -> None:
    def fail(*_: object, **__: object) -> Diagnosis:
        raise raised

    monkeypatch.setattr(diagnose, "diagnose", fail)
    assert explained.explain(config, ERROR) is ERROR


def test_a_refusal_says_itself_what_is_wrong(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    finding(monkeypatch, CAUSE)
    refused = Refused("port 9002 is taken")
    assert explained.explain(config, refused) is refused


def test_what_up_says_of_a_process_that_did_not_start_is_kept(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    """That others are gone is then no cause: they were not started, or what they said is of the time before."""
    finding(monkeypatch, CAUSE)
    failed = LabError("prometheus ended with exit code 0 while it was starting", detail="it wrote nothing to its log")
    assert explained.explain(config, failed, of_up=True) is failed
    assert explained.explain(config, failed).detail.startswith("cause: ")
