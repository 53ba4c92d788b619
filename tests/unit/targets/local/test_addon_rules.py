"""What is found of the add-ons of a lab of plain processes."""

from pathlib import Path

import pytest

from labctl.findings import Kind, Symptom
from labctl.host import folders
from labctl.model import Expected, Health, LabSpec, LogLine, ObservedComponent, State
from labctl.targets.local.lab_processes import LabProcesses
from labctl.targets.local.rules import addon_changed, process_gone, store_full

CONFIG = "route:\n  receiver: viewer\n"


def lab(tmp_path: Path, name: str, state: State, config: str = CONFIG, log: tuple[str, ...] = ()) -> LabProcesses:
    lines = [LogLine(name, 1.0, text) for text in log]
    seen = ObservedComponent(Health(name, state), config=config, expected=Expected(config=CONFIG), previous_log=lines)
    return LabProcesses(LabSpec("x", tmp_path, tmp_path, {}, {}, 1, 1), {}, {name: seen})


def test_another_line_of_a_configuration_is_a_suspect(tmp_path: Path) -> None:
    changed = lab(tmp_path, "alertmanager", State.READY, CONFIG.replace("viewer", "nobody"))
    [found] = addon_changed.find(changed)
    assert (found.rule, found.kind, found.suspect) == ("changed-by-hand", Kind.NOTICE, True)
    assert found.message == "Alertmanager's configuration is not what labctl up gives it: receiver: nobody"
    assert Symptom.ALERTS_UNTOLD in found.leads_to
    assert list(addon_changed.find(lab(tmp_path, "alertmanager", State.READY))) == []


def test_a_line_less_is_named(tmp_path: Path) -> None:
    [found] = addon_changed.find(lab(tmp_path, "alertmanager", State.READY, "route:\n"))
    assert "without receiver: viewer" in found.message


@pytest.mark.parametrize(("free", "rules"), [(0, ["store-full"]), (1 << 30, [])])
def test_the_disk_of_one_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, rules: list[str],
) -> None:
    (tmp_path / "prometheus").mkdir()
    monkeypatch.setattr(folders, "free_bytes", lambda _: free)
    assert [one.rule for one in store_full.find(lab(tmp_path, "prometheus", State.ABSENT))] == rules
    assert list(store_full.find(lab(tmp_path, "prometheus", State.READY))) == []


def test_what_go_says_at_its_end_is_not_the_last_line_of_a_stack(tmp_path: Path) -> None:
    said = "panic: FATAL: cannot flush: no space left on device"
    log = ("2026-11-26T13:19:11.359Z\tpanic\tsomething", said, "goroutine 1 [running]:", "sync/waitgroup.go:238 +0x73")
    [found] = process_gone.find(lab(tmp_path, "victoria-logs", State.ABSENT, log=log))
    assert found.message == f"VictoriaLogs' process is gone; its last output: {said}"
    assert [one.text for one in found.evidence[1:]] == [said]


def test_a_line_of_logfmt_has_a_time(tmp_path: Path) -> None:
    log = ('time=2026-11-26T13:17:14.197Z level=INFO msg="Listening on"',)
    [found] = process_gone.find(lab(tmp_path, "alertmanager", State.ABSENT, log=log))
    assert found.message == "Alertmanager's process is gone"
