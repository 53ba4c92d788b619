"""What is found of Jaeger and VictoriaLogs, with what real faults left to be seen."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.components import ADDONS, BY_NAME
from labctl.findings import ADDON_EFFECTS, DOWN, LEADS_TO, Finding, Kind, Symptom, consequences
from labctl.model import Expected, Health, ObservedComponent, State
from labctl.why.collector_metrics import CollectorMetrics
from labctl.why.diagnose import judge
from labctl.why.facts import AddonFacts, CollectorFacts, Facts, PrometheusFacts
from tests.driver import ROOT
from tests.unit.why.samples import METRICS, NOW, healthy, logged, the, with_component

MANIFEST = "manifests/addons/prometheus/config.yaml"
DOWN_JAEGER = Finding("process-gone", Kind.CAUSE, "jaeger", "Jaeger's process is gone")
SAID = (
    '2026-11-26T10:45:45.000Z\twarn\tinternal/retry_sender.go:133\tExporting failed. Will retry the request after interval.\t'
    '{{"otelcol.component.id": "otlp_http/{name}", "otelcol.component.kind": "exporter", "otelcol.signal": "{signal}", '
    '"error": "failed to make an HTTP request: {error}", "interval": "1s"}}'
)
REFUSED = 'Post \\"http://127.0.0.1:21309/v1/traces\\": dial tcp 127.0.0.1:21309: connect: connection refused'
READ_ONLY = "error exporting items, request to http://127.0.0.1:9428 responded with HTTP Status Code 429"
WAITING = """\
otelcol_exporter_queue_capacity{{data_type="{signal}",exporter="otlp_http/{name}"}} 16777216
otelcol_exporter_queue_size{{data_type="{signal}",exporter="otlp_http/{name}"}} 24883
otelcol_exporter_sent_spans{{exporter="otlp_http/{name}",server_address="127.0.0.1",server_port="21309",url_path="/v1/traces"}} 10
"""


def with_addon(name: str, signal: str, error: str, state: State = State.READY) -> Facts:
    """The collector waits to send to it."""
    facts = healthy()
    addon = ObservedComponent(Health(name, state, pid=101, started=NOW - 100))
    there = replace(facts.observation, components={**facts.observation.components, name: addon})
    metrics = CollectorMetrics.of(METRICS + WAITING.format(name=name, signal=signal))
    facts = replace(facts, observation=there, collector=CollectorFacts(metrics, metrics))
    return with_component(facts, "collector", log=[logged(SAID.format(name=name, signal=signal, error=error))])


def causes(facts: Facts) -> list[str]:
    return [one.finding.rule for one in judge(facts).ranked if one.finding.kind is Kind.CAUSE]


def found(facts: Facts) -> list[Finding]:
    return [one.finding for one in judge(facts).ranked]


def test_an_add_on_that_runs_and_takes_nothing_is_a_cause_with_its_log() -> None:
    facts = with_addon("jaeger", "traces", REFUSED)
    assert causes(facts) == ["backend-refuses"]
    assert the(facts, "backend-refuses").remedy == "labctl logs jaeger"


def test_that_the_collector_cannot_send_to_it_follows_from_a_full_disk() -> None:
    facts = with_addon("victoria-logs", "logs", READ_ONLY)
    on = {"with": "logs", "retention": "traces=2h,logs=7d"}
    facts = replace(facts, addons=AddonFacts(read_only=True, free=1 << 20, used=300 << 20))
    facts = replace(facts, observation=replace(facts.observation, switches=on))
    wrong = the(facts, "log-store-full")
    assert wrong.remedy == "labctl up --retention traces=2h,logs=1d"
    assert "1.0 MiB free" in wrong.evidence[0].text
    ranked, = judge(facts).ranked
    assert (ranked.finding.rule, [one.rule for one in ranked.symptoms]) == ("log-store-full", ["backend-refuses"])


def test_a_store_that_can_write_is_not_named() -> None:
    facts = replace(healthy(), addons=AddonFacts(read_only=False, free=1 << 30))
    assert causes(facts) == []


def test_a_store_that_another_programs_files_fill_is_looked_at() -> None:
    facts = replace(healthy(), addons=AddonFacts(read_only=True, free=0, used=1 << 20))
    assert the(facts, "log-store-full").remedy == "du -ah /state/victoria-logs | sort -h | tail"


UNREADABLE = 'time=2026-11-26T10:45:45.000Z level=ERROR source=main.go:1178 msg="Error reloading config" err="one or more errors"'
UNWRITTEN = 'time=2026-11-26T10:45:45.000Z level=ERROR source=scrape.go:1418 msg="Scrape commit failed" err="no space left"'


def of_prometheus(prometheus: PrometheusFacts, said: str, at: float = NOW - 1, **more: Any) -> Facts:
    addon = ObservedComponent(Health("prometheus", State.READY, pid=101, started=NOW - 100), log=[logged(said, at=at)], **more)
    facts = replace(healthy(), prometheus=prometheus)
    there = replace(facts.observation, components={**facts.observation.components, "prometheus": addon})
    return replace(facts, observation=there)


def test_rules_that_prometheus_cannot_read_or_work_out_are_causes() -> None:
    facts = of_prometheus(PrometheusFacts(reloaded=False, rules={"TelemetryRefused": "same labelset"}), UNREADABLE)
    assert sorted(causes(facts)) == ["rules-fail", "rules-unreadable"]
    assert "same labelset" in the(facts, "rules-fail").evidence[0].text
    assert the(facts, "rules-unreadable").evidence[1].text == UNREADABLE


@pytest.mark.parametrize(("said", "at"), [(UNREADABLE, NOW - 20), (UNWRITTEN, NOW - 1)], ids=["mended", "of its disk"])
def test_files_that_are_as_they_were_when_it_read_them_are_not_unreadable(said: str, at: float) -> None:
    """Its metric says so until something else changes."""
    assert found(of_prometheus(PrometheusFacts(reloaded=False), said, at)) == []


@pytest.mark.parametrize(("expected", "remedy"), [("a", "labctl up"), ("b", f"git -C {ROOT} restore {MANIFEST} && labctl up")])
def test_the_projects_own_rules_are_restored_where_they_are_what_it_runs_with(expected: str, remedy: str) -> None:
    facts = of_prometheus(PrometheusFacts(reloaded=False), UNREADABLE, config="b", expected=Expected(config=expected))
    assert the(facts, "rules-unreadable").remedy == remedy


def test_that_rules_fail_follows_from_a_full_disk() -> None:
    said = PrometheusFacts(reloaded=True, rules={"ServiceSilent": "no space"}, unwritten=5, watched_s=2.3)
    facts = of_prometheus(said, UNWRITTEN)
    ranked, = judge(facts).ranked
    assert (ranked.finding.rule, [one.rule for one in ranked.symptoms]) == ("metric-store-full", ["rules-fail"])
    assert [one.text for one in ranked.finding.evidence] == [
        "prometheus_tsdb_wal_writes_failed_total grew by 5 in 2.3 s", UNWRITTEN,
    ]


def test_what_prometheus_and_alertmanager_cannot_do_follows_from_what_is_down() -> None:
    facts = replace(healthy(), prometheus=PrometheusFacts(True, unread={"collector": "connection refused"}, untold=3.0))
    assert {one.rule for one in found(facts)} == {"scrapes-fail", "alerts-untold"}
    assert Symptom.SCRAPES_FAIL in LEADS_TO[Symptom.COLLECTOR_DOWN]
    assert Symptom.ALERTS_UNTOLD in LEADS_TO[Symptom.VIEWER_DOWN]


def test_a_cause_is_not_given_what_another_add_on_suffers_from() -> None:
    assert Symptom.LOG_STORE_UNREACHED not in consequences(replace(DOWN_JAEGER, leads_to=frozenset({DOWN["jaeger"]})))
    assert Symptom.JAEGER_UNREACHED in consequences(replace(DOWN_JAEGER, leads_to=frozenset({DOWN["jaeger"]})))
    assert DOWN.keys() == BY_NAME.keys()
    assert ADDON_EFFECTS.keys() == {component.name for component in ADDONS}


def test_a_prometheus_that_works_is_not_named() -> None:
    facts = replace(healthy(), prometheus=PrometheusFacts(reloaded=True))
    assert found(facts) == []
