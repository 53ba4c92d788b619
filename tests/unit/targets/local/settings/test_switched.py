"""The switches of a lab of processes: the newest process knows, and what they give is known without doing it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import Refused
from labctl.model import LabSpec
from labctl.targets.local.settings import switched
from tests.driver import ROOT


@dataclass
class Process:
    started: float
    record: dict[str, str] | None

    def switches(self) -> dict[str, str] | None:
        return self.record


@pytest.fixture
def spec(tmp_path: Path) -> LabSpec:
    return LabSpec("x", ROOT, tmp_path, DEFAULT_PORTS, {}, 1, 1)


def running(*records: dict[str, str] | None) -> Any:
    """Processes that began one after the other."""
    return [Process(float(place), record) for place, record in enumerate(records)]


def test_the_newest_process_that_has_a_record_knows() -> None:
    assert switched.recorded(running({}, {"sampling": "10%"})) == {"sampling": "10%"}
    assert switched.recorded(running({"sampling": "10%"}, {})) == {}
    assert switched.recorded(running({"sampling": "10%"}, None)) == {"sampling": "10%"}
    assert switched.recorded([]) == {}


def test_what_is_on_is_given_to_the_processes(spec: LabSpec) -> None:
    found = switched.with_parts(spec, running({"sampling": "25%"}))
    assert found.switches == {"sampling": "25%"}
    assert found.parts.env["collector"] == {"SAMPLING_PERCENTAGE": "25"}
    assert "probabilistic_sampler" in found.parts.configs["collector.yaml"]
    off = switched.with_parts(replace(spec, switches={"sampling": "off"}), running({"sampling": "25%"}))
    assert (off.switches, off.parts) == ({}, spec.parts)


def test_an_explanation_has_what_changes_and_nothing_else(spec: LabSpec) -> None:
    given = replace(spec, switches={"sampling": "head:25%"})
    [change] = switched.explain(given, [])
    assert change.name == "environment of the service"
    added = set(change.after.splitlines()) - set(change.before.splitlines())
    assert added == {"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.25"}
    assert switched.explain(spec, []) == []
    names = [one.name for one in switched.explain(replace(spec, switches={"sampling": "10%"}), [])]
    assert names == ["collector.yaml", "environment of the collector"]


def test_an_explanation_has_each_file_of_an_addon(spec: LabSpec) -> None:
    recorded = running({"with": "prometheus,alertmanager"})
    assert switched.explain(spec, recorded) == []
    [change] = switched.explain(replace(spec, switches={"slo": "errors<1%"}), recorded)
    assert change.name == "slo-rules.yaml"
    assert "ErrorBudgetBurn" in change.after
    assert "ErrorBudgetBurn" not in change.before


def test_an_explanation_starts_from_the_switches_that_are_on(spec: LabSpec) -> None:
    there = running({"sampling": "head:25%", "redact": "on"})
    assert switched.explain(spec, there) == []
    [change] = switched.explain(replace(spec, switches={"sampling": "off"}), there)
    assert "OTEL_TRACES_SAMPLER_ARG=0.25" in change.before
    assert "OTEL_TRACES_SAMPLER" not in change.after


def test_an_explanation_shows_no_secret(spec: LabSpec) -> None:
    env = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20hunter2"}
    [change] = switched.explain(replace(spec, service_env=env, switches={"sampling": "head:25%"}), [])
    assert "OTEL_EXPORTER_OTLP_HEADERS" in change.after
    assert "hunter2" not in change.before + change.after


def test_without_the_collectors_program_what_needs_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    switched.require_program({"sampling": "head:10%"})
    with pytest.raises(Refused, match="--sampling needs the program otelcol-contrib"):
        switched.require_program({"sampling": "10%"})


def test_a_project_that_lacks_the_folder_is_told_so(spec: LabSpec, tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    for name in ("Kustomization", "namespace.yaml"):
        (tmp_path / "manifests" / name).write_text((ROOT / "manifests" / name).read_text().partition("resources:")[0] or "")
    with pytest.raises(Refused, match="sampling is missing: the project is older than the switch"):
        switched.with_parts(replace(spec, project=tmp_path, switches={"sampling": "10%"}), [])


def test_a_mesh_is_refused() -> None:
    switched.require_no_mesh({})
    with pytest.raises(Refused, match="--mesh istio needs a cluster") as refused:
        switched.require_no_mesh({"mesh": "istio"})
    assert refused.value.hint == "labctl up --target kind --mesh istio\nlabctl up --mesh off"


def test_what_only_a_cluster_can_have_is_refused() -> None:
    with pytest.raises(Refused, match="--with grafana needs a cluster") as refused:
        switched.require_addons({"with": "prometheus,grafana"})
    assert refused.value.hint.endswith("\nlabctl up --with prometheus")
