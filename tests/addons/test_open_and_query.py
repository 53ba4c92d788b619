"""A lab with Jaeger and VictoriaLogs: their pages, a request's trace and log line there, and a query that leads to the trace."""

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.spans import wait_until
from tests.contract.test_json import printed
from tests.driver import Driver, a_name

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not all(map(shutil.which, ("otelcol-contrib", "jaeger", "victoria-logs"))),
        reason="otelcol-contrib, jaeger and victoria-logs are not all on the PATH",
    ),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with Driver(a_name("open"), Path(tmp_path_factory.mktemp("lab"))).up("--with", "jaeger,logs") as driver:
        yield driver


@pytest.fixture(scope="module")
def trace_id(lab: Driver) -> str:
    lab.run("load", "-n", "20", "-c", "4")
    return str(lab.json("trace", "slowest")["trace_id"])


def test_the_addresses_lead_to_pages(lab: Driver) -> None:
    for url in re.findall(r"http://\S+", lab.run("open").stdout):
        with urllib.request.urlopen(url, timeout=10) as page:
            assert b"<html" in page.read().lower()
    assert lab.run("open", "jaeger", "--print").stdout.strip() == f"{lab.url('JAEGER')}/search"


def test_what_is_not_there_is_refused_with_the_line_that_brings_it(lab: Driver) -> None:
    said = lab.run("open", "prometheus", code=1).stderr
    assert re.search(r"try: .*labctl up --lab \S+ --with jaeger,logs,prometheus$", said, re.MULTILINE)
    assert "the collector has no page" in lab.run("open", "collector", code=2).stderr


def test_a_trace_is_in_jaeger_with_all_its_spans(lab: Driver, trace_id: str) -> None:
    found = printed(lab, "trace", trace_id, "--in", "jaeger")
    assert (found["spans"], found["absence"]) == (5, None)
    with urllib.request.urlopen(f"{lab.url('JAEGER')}/api/traces/{trace_id}", timeout=10) as answer:
        assert json.load(answer)["data"][0]["traceID"] == trace_id
    assert lab.run("trace", trace_id, "--in", "jaeger").stdout.strip() == found["url"]


def test_a_trace_that_is_not_in_jaeger_has_a_cause(lab: Driver) -> None:
    assert lab.json("trace", "f" * 32, "--in", "jaeger", code=1)["absence"] == "no-such-trace"
    assert lab.json("trace", "up", "--in", "jaeger", code=1)["absence"] == "of-up"


def test_a_log_record_leads_to_its_trace(lab: Driver, trace_id: str) -> None:
    wait_until(lambda: lab.json("logs", "--query", f"trace_id:{trace_id}")["records"] != [], 30)
    record, = printed(lab, "logs", "--query", f"trace_id:{trace_id}", "--since", "10m")["records"]
    assert (record["severity"], record["trace_id"]) == ("INFO", trace_id)
    done = lab.run("logs", "--query", f"trace_id:{trace_id}")
    assert record["message"] in done.stdout
    assert f"labctl trace {trace_id}" in done.stderr


def test_the_newest_records_come_last_and_a_limit_keeps_them(lab: Driver, trace_id: str) -> None:
    times = [record["time"] for record in lab.json("logs", "--query", "*")["records"]]
    assert times == sorted(times)
    assert [record["time"] for record in lab.json("logs", "--query", "*", "--limit", "2")["records"]] == times[-2:]


def test_an_error_of_the_query_is_passed_on_as_wrong_use(lab: Driver) -> None:
    assert 'unexpected pipe name "bar"' in lab.run("logs", "--query", "foo | bar(", code=2).stderr
