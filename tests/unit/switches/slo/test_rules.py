"""What an objective means, and the rules that follow from it: as the book has them, and checked by promtool."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.errors import UsageError
from labctl.switches.chosen import merged
from labctl.switches.slo import rules, windows
from labctl.switches.slo.objectives import BOUNDS_MS, LEAST_S, Measure, Objective, read
from labctl.switches.slo.switch import SLO
from service.telemetry import BOUNDS_MS as OF_THE_SERVICE
from tests.driver import ROOT

TEXT = "p99<200ms,errors<1%"


def test_an_objective_is_a_share_of_requests_that_may_be_bad() -> None:
    found = read(" p99.5 < 1s , errors<0.5%, window=7d, scale=100")
    assert found.objectives == (
        Objective("p99.5<1s", Measure.LATENCY, 0.005, 1000), Objective("errors<0.5%", Measure.ERRORS, 0.005),
    )
    assert (found.window_s, found.scale, found.budget_window_s) == (7 * 86400, 100, 6048)
    assert found.text == "p99.5<1s,errors<0.5%,window=7d,scale=100"
    assert read(f"{TEXT},window=30d,scale=1").text == TEXT


@pytest.mark.parametrize("text", [
    "", "off,", "p99", "p99<200", "p100<200ms", "p00<200ms", "p99>200ms", "errors<0%", "errors<100%", "errors<1",
    "p99<200ms;errors<1%",
    "errors<1%,errors<2%", "p99<200ms,p99<200ms", "window=30d", f"{TEXT},window=0d", f"{TEXT},window=9999d", f"{TEXT},scale=0",
    f"{TEXT},scale=1000000", f"{TEXT},\nscale=2", "errors<٤%", "p٩٩<200ms", f"{TEXT},window=٤d", f"{TEXT},scale=٢",
    f"{TEXT},window=1d,window=2d", f"{TEXT},scale=2,scale=2", ",".join(f"p{place}<1ms" for place in range(50, 61)),
])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"window|scale|pN|at most 10"):
        SLO.allowed(text)


@pytest.mark.parametrize(
    ("bound", "near"), [("250ms", "200ms or 300ms"), ("11s", "nearest 10000ms"), ("1200ms", "1000ms or 1500ms")],
)
def test_a_latency_that_no_bucket_ends_at_is_refused_with_the_nearest(bound: str, near: str) -> None:
    with pytest.raises(ValueError, match=near):
        read(f"p99<{bound}")


def test_the_buckets_are_the_services() -> None:
    assert BOUNDS_MS == OF_THE_SERVICE


def test_it_needs_prometheus() -> None:
    with pytest.raises(UsageError, match="needs Prometheus") as refused:
        merged({}, {"slo": TEXT, "with": "jaeger"})
    assert "labctl up --with prometheus,jaeger --slo 'p99<200ms,errors<1%'" in refused.value.hint
    assert merged({"with": "prometheus"}, {"slo": f"{TEXT},scale=1"}) == {"with": "prometheus", "slo": TEXT}


def test_the_windows_are_the_books_in_proportion() -> None:
    assert [(one.long_s, one.short_s, one.factor) for one in windows.of(read(TEXT))] == [
        (3600, 300, 14.4), (21600, 1800, 6), (86400, 7200, 3), (259200, 21600, 1),
    ]
    assert [(one.long_s, one.short_s) for one in windows.of(read(f"{TEXT},window=15d,scale=60"))] == [
        (30, 10), (180, 15), (720, 60), (2160, 180),
    ]


def test_a_burn_rate_that_no_failure_reaches_is_not_asked_for() -> None:
    alerts = alerts_of("p90<200ms")
    assert [one["labels"]["severity"] for one in alerts] == ["page", "ticket"]
    assert "> 1.44" not in alerts[0]["expr"]
    assert "> 0.6 " in alerts[0]["expr"]
    assert [one["labels"]["severity"] for one in alerts_of("p50<200ms")] == ["ticket"]


def alerts_of(text: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load(rules.text(read(text)))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


@pytest.mark.parametrize("text", [*SLO.examples, "p50<5ms,p99<200ms,errors<0.1%,window=1h,scale=100000"])
def test_promtool_accepts_the_rules(text: str, tmp_path: Path) -> None:
    check(rules.text(read(text)), tmp_path)


def test_promtool_accepts_the_labs_own_rules(tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "manifests/addons/prometheus/config.yaml").read_text())["data"]
    check(config["lab-rules.yaml"], tmp_path)


def check(text: str, folder: Path) -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool is not on the PATH")
    (folder / "rules.yaml").write_text(text)
    done = subprocess.run([promtool, "check", "rules", str(folder / "rules.yaml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("text", "errors", "slow", "fires"), [
    ("p99<200ms,errors<1%", 0, 0, []),
    ("p99<200ms,errors<1%", 2, 0, [("errors<1%", "page"), ("errors<1%", "ticket")]),
    ("p99<200ms,errors<1%", 0, 5, [("p99<200ms", "page"), ("p99<200ms", "ticket")]),
    ("p99<200ms,errors<10%", 2, 0, [("errors<10%", "ticket")]),        # twice as fast as the budget allows
])
def test_the_alerts_that_fire(text: str, errors: int, slow: int, fires: list[tuple[str, str]], tmp_path: Path) -> None:
    """By promtool, of a minute with ten requests a second, of which so many are bad."""
    rule = rules.text(read(f"{text},scale=360"))
    series = {
        'http_requests_total{http_response_status_code="200"}': 20 - 2 * errors,
        'http_requests_total{http_response_status_code="500"}': 2 * errors,
        'request_duration_ms_bucket{le="200.0"}': 20 - 2 * slow, "request_duration_ms_count": 20,
    }
    expected = [
        {"exp_labels": {"slo": slo, "severity": severity, "component": "service"}, "exp_annotations": annotations(slo, severity)}
        for slo, severity in fires
    ]
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "2s", "tests": [{
        "interval": "2s", "input_series": [{"series": name, "values": f"0+{step}x60"} for name, step in series.items()],
        "alert_rule_test": [{"eval_time": "1m", "alertname": rules.ALERT, "exp_alerts": expected}],
    }]}))
    check(rule, tmp_path)
    done = subprocess.run(["promtool", "test", "rules", "test.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def annotations(slo: str, severity: str) -> dict[str, str]:
    how = "fast" if severity == "page" else "slowly, but too fast to last"
    return {"summary": f"{slo}: the error budget is used up {how}", "runbook": "labctl slo"}


def test_no_window_is_shorter_than_a_few_scrapes() -> None:
    assert read(f"{TEXT},window=1h,scale=100000").budget_window_s == LEAST_S
