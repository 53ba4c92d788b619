"""A lab with --redact on holds no secret of requests, headers, addresses, exceptions, log lines and telemetry, in no file."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from labctl.host.http import post
from labctl.host.waiting import until
from tests.cases.projects import copy_of_the_project
from tests.contract.conftest import fresh_lab
from tests.driver import Driver
from tests.secret_samples import LOOKALIKES, SECRETS, plain, secrets
from tests.telemetry_with import by_itself, together

JSON = {"content-type": "application/json"}
PLANTED = [text for text in SECRETS if len(min(secrets(text), key=len)) > 6 and "\n" not in text][::3]
KEPT = [text for text in LOOKALIKES if len(text) > 12][::2]
IN_A_REQUEST = {
    "authorization": "Bearer e2e.header-1", "cookie": "sid=e2e-cookie-2", "user-agent": "probe/1 (e2e-agent-3@example.com)",
}
ADDRESS = "/predict?access_token=e2e-query-4&mail=e2e-query-5%40example.com&page=2"
NEEDLES = [
    *(secret for text in PLANTED for secret in secrets(text)), "e2e.header-1", "e2e-cookie-2", "e2e-agent-3", "e2e-query-4",
    "e2e-query-5", "e2e-body-6", "e2e-load-7", "e2e-load-8", "e2e-load-9",
]
COMMANDS = ("logs", "runs -o json", "trace slowest -o json", "metrics -o json", "why -o json", "status -o json", "config")
READS = "            rows = route.parse_rows("
FAILS = """
            if told := request.headers.get("x-fail"):
                from urllib.parse import unquote
                logger.warning("refused: %s", unquote(told), extra={"note": unquote(told)})
                raise ValueError(unquote(told))
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Its service logs and raises what a header of a request says."""
    folder = project_that_tells(tmp_path_factory.mktemp("redaction"))
    driver = fresh_lab("otelcol", folder / "state")
    driver.cwd = folder
    with driver.up("--redact", "on", "--persist", "on", "--export", "file"):
        plant(driver)
        assert until(lambda: b"exception.stacktrace" in held(driver, "viewer.db*"), 20)
        yield driver


def project_that_tells(folder: Path) -> Path:
    copy = copy_of_the_project(folder)
    source = copy / "service" / "predict.py"
    assert source.read_text().count(READS) == 1
    source.write_text(source.read_text().replace(READS, FAILS + READS))
    return copy


def plant(lab: Driver) -> None:
    body = json.dumps({"features": [1], "password": "e2e-body-6"}).encode()
    post(lab.url("SERVICE") + ADDRESS, body, {**JSON, **IN_A_REQUEST})
    for text in PLANTED:
        answer = post(lab.url("SERVICE") + "/predict", b"{}", {**JSON, "x-fail": quote(plain(text))})
        assert answer.status == 500
    for signal, sent in together([by_itself(plain(text)) for text in (*PLANTED, *KEPT)]).items():
        assert post(f"{lab.url('OTLP_HTTP')}/v1/{signal}", sent, JSON).status == 200
    lab.run(
        "load", "--url", f"{lab.url('SERVICE')}/predict?user=e2e-load-8%40example.com&api_key=e2e-load-7", "-n", "20",
        "-H", "Authorization: Basic e2e-load-9", "--report", str(lab.cwd / "report.html"),
    )


def held(lab: Driver, files: str = "*") -> bytes:
    found = [path.read_bytes() for path in lab.state.rglob(files) if path.is_file()]
    return b"\n".join([*found, *(path.read_bytes() for path in lab.cwd.glob("report.html"))])


def test_no_file_holds_a_secret(lab: Driver) -> None:
    """Those of the store, its write-ahead log, the collector's queues and export, logs, kept runs, the report."""
    content = held(lab)
    assert {"viewer.db", "traces.jsonl", "collector.log"} <= {path.name for path in lab.state.rglob("*")}
    assert len(PLANTED) >= 40
    assert [secret for secret in NEEDLES if secret.encode() in content] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_one(lab: Driver, command: str) -> None:
    shown = lab.run(*command.split(), code=None)
    assert shown.stdout
    assert [secret for secret in NEEDLES if secret in shown.stdout + shown.stderr] == []


def test_what_only_looks_like_one_is_kept(lab: Driver) -> None:
    content = held(lab, "viewer.db*")
    assert len(KEPT) >= 10
    assert [text for text in KEPT if text.encode() not in content] == []


def test_the_lab_is_as_good_as_without(lab: Driver) -> None:
    """Nothing is lost, the diagnosis finds nothing, and a trace can be read."""
    ledger = lab.json("load", "-n", "50", "--rps", "100")["ledger"]
    assert (ledger["traces"], ledger["lost_spans"], ledger["spans"]) == (50, 0, ledger["expected_spans"])
    assert [one for one in lab.json("why", code=None)["findings"] if one["kind"] != "notice"] == []
    lab.run("check")
    assert {span["name"] for span in lab.json("trace", "slowest")["spans"]} >= {"POST /predict", "model_inference"}


def test_off_takes_it_back(lab: Driver) -> None:
    assert "redact" not in lab.json("up", "--redact", "off")["switches"]

