"""`labctl load`, `runs` and `compare` as a user types them, against servers that have no lab around them."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import UsageError
from tests.driver import Driver
from tests.unit.load.servers import GOOD, Client, each, serving

pytestmark = pytest.mark.slow

BAD = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
def lab(tmp_path: Path) -> Driver:
    return Driver("none", tmp_path)


@pytest.fixture
def url() -> Iterator[str]:
    with serving(each(GOOD)) as at:
        yield at


def test_a_report_and_a_table_are_written_where_they_are_wanted(lab: Driver, url: str, tmp_path: Path) -> None:
    page, table = tmp_path / "run.html", tmp_path / "run.csv"
    ran = lab.json("load", "--url", url, "-n", "20", "--slo", "errors<1%", "--report", str(page), "--csv", str(table))
    assert ran["run_id"] in page.read_text()
    assert "errors &lt; 1 %" in page.read_text()
    assert table.read_text().startswith("start_s,")


def test_a_file_that_cannot_be_written_is_noticed_before_anything_is_sent(lab: Driver, url: str, tmp_path: Path) -> None:
    for flag, path, why in (("--report", tmp_path, "Is a directory"), ("--csv", tmp_path / "no" / "where", "No such file")):
        refused = lab.run("load", "--url", url, "-n", "5", flag, str(path), code=2)
        assert why in refused.stderr
        assert refused.stdout == ""
    assert lab.json("runs")["runs"] == []


def test_what_is_asked_is_judged_and_kept(lab: Driver, url: str) -> None:
    shown = lab.run("load", "--url", url, "-n", "40", "--slo", "p50<5s,errors<1%").stdout
    assert "✓ met" in shown
    missed = lab.run("load", "--url", url, "-n", "40", "--slo", "p50<1us,errors<1%", code=6)
    assert "✗ missed" in missed.stdout
    assert "1 of 2 thresholds missed" in missed.stderr
    listed = lab.json("runs")["runs"]
    assert [(one["sent"], one["met"]) for one in listed] == [(40, True), (40, False)]
    assert listed[0]["run_id"][:8] in lab.run("runs").stdout
    compared = lab.json("compare", "last-1")
    assert (compared["before"]["run_id"], compared["after"]["run_id"]) == (listed[0]["run_id"], listed[1]["run_id"])


def test_errors_that_are_allowed_for_do_not_fail_a_run(lab: Driver) -> None:
    turn = iter(range(1000))
    lock = threading.Lock()

    def handle(client: Client) -> None:
        while client.request() is not None:
            with lock:
                good = next(turn) % 10
            client.send(GOOD if good else BAD)

    with serving(handle) as url:
        assert "labctl why" not in lab.run("load", "--url", url, "-n", "100", code=6).stderr
        lab.run("load", "--url", url, "-n", "100", "--slo", "p50<5s", code=6)
        assert lab.json("load", "--url", url, "-n", "100", "--slo", "errors<20%")["slo"][0]["met"] is True


def test_a_run_is_given_up_once_a_threshold_is_broken(lab: Driver) -> None:
    with serving(each(BAD)) as url:
        words = ("-d", "50s", "--rps", "100", "--slo", "errors<1%", "--abort-on-slo")
        ran = lab.run("load", "--url", url, *words, code=6, timeout=30)
    assert "stopped: errors < 1 % is broken" in ran.stderr


def test_stages_and_chance_make_as_many_requests_as_they_say(lab: Driver, url: str) -> None:
    ran = lab.json("load", "--url", url, "--stages", "300ms:200,200ms:0", "--poisson", "--seed", "3")
    assert ran["requests"]["planned"] == ran["requests"]["successful"] == 50
    assert ran["target_rate"] == pytest.approx(100)


def test_a_replay_and_a_scenario_are_read_from_files(lab: Driver, url: str, tmp_path: Path) -> None:
    (tmp_path / "offsets.csv").write_text("offset\n0\n0.05\n0.05\n0.1\n")
    assert lab.json("load", "--url", url, "--replay", str(tmp_path / "offsets.csv"))["requests"]["successful"] == 4
    (tmp_path / "run.yaml").write_text(f"url: {url}\nrps: 100\ntotal: 20\nthresholds: [p50<5s]\n")
    ran = lab.json("load", "--scenario", str(tmp_path / "run.yaml"), "-n", "10")
    assert (ran["requests"]["successful"], ran["target_rate"], ran["slo"][0]["met"]) == (10, 100.0, True)
    assert lab.json("runs")["runs"][-1]["scenario"] == str(tmp_path / "run.yaml")


@pytest.mark.parametrize(("words", "complaint"), [
    (["--ramp", "1:2"], "--ramp 1:2"), (["--stages", "1s:5", "--ramp", "1:2:3s"], "exclude each other"),
    (["--slo", "p98<1s"], "unknown figure p98"), (["--find-max"], "--find-max needs"), (["--scenario", "nothing"], "poison"),
    (["--find-max", "--slo", "p99<1s", "--rps", "5"], "chooses the rates itself"), (["--header", "x"], "--header x"),
    (["--rate", "0", "--rps", "5"], "exclude each other"), (["--method", "G T"], "--method G T"),
])
def test_what_makes_no_sense_is_a_usage_error(tmp_path: Path, words: list[str], complaint: str) -> None:
    ran = CliRunner().invoke(app, ["load", "--url", "http://127.0.0.1:1/", *words], env={"LABCTL_STATE_DIR": str(tmp_path)})
    assert isinstance(ran.exception, UsageError)
    assert complaint in f"{ran.exception.message} {ran.exception.hint} {ran.exception.advice}"


@pytest.mark.parametrize(("words", "complaint"), [
    (["--rps", "nan"], "--rps nan"), (["--rps", "nan", "--stages", "5s:10"], "--rps nan"), (["-n", "9" * 400], "--requests 9"),
    (["--rate", "inf"], "--rate inf"), (["--rps", "1e300", "-d", "5s"], "--rps 1e+300"),
    (["--header", "x: \u2603"], "ISO 8859-1"), (["--url", ""], "expected a URL such as"), (["--scenario", ""], "--scenario"),
    (["--ramp", ""], "--ramp"), (["--abort-on-slo"], "--abort-on-slo needs thresholds"),
    (["--scenario", "x" * 300], "neither a file"),
    (["--find-max", "--slo", "p99<1s", "--csv", "x", "--abort-on-slo"], "no use for --csv, --abort-on-slo"),
    (["--stages", "5s:0"], "no request is due"), (["--header", "TraceParent: x"], "sets each request's traceparent"),
    (["--header", "Transfer-Encoding: chunked"], "content-length"), (["--report", "same", "--csv", "same"], "to the same file"),
    (["--tail", "collector"], "no lab is up"),
])
def test_what_cannot_be_done_is_said_before_anything_is_sent(lab: Driver, words: list[str], complaint: str) -> None:
    with serving(each(GOOD)) as url:
        refused = lab.run("load", *([] if "--url" in words else ["--url", url]), *words, code=2)
    assert complaint in refused.stderr
    assert (refused.stdout, lab.json("runs")["runs"]) == ("", [])


def test_a_scenarios_chance_goes_with_its_rate(lab: Driver, url: str) -> None:
    assert lab.json("load", "--url", url, "--scenario", "steady", "--rate", "0", "-n", "20", "--warm-up", "0s", code=None)["rate"]


def test_failures_of_the_warm_up_are_not_judged(lab: Driver) -> None:
    def cold(client: Client) -> None:
        while client.request() is not None:
            client.send(GOOD if next(turn) > 30 else BAD)

    turn = iter(range(1000))
    with serving(cold) as url:
        words = ("--rps", "100", "-d", "1s", "-c", "1", "--warm-up", "500ms", "--slo", "errors<1%", "--abort-on-slo")
        ran = lab.json("load", "--url", url, *words)
    assert ran["requests"]["warmup"] == 50
    assert 0 < ran["requests"]["failed"] == ran["requests"]["warmup_failed"] <= 31


def test_a_figure_of_too_few_samples_is_none(lab: Driver, url: str) -> None:
    latency = lab.json("load", "--url", url, "-n", "100")["latency_ms"]
    assert (latency["p99"], latency["p99_9"]) == (None, None)
    assert latency["p50"] <= latency["p95"] <= latency["max"]


def test_nothing_is_left_behind_when_there_is_nobody_to_send_to(lab: Driver, tmp_path: Path) -> None:
    with serving(each(GOOD)) as url:
        pass
    lab.run("load", "--url", url, "--report", str(tmp_path / "run.html"), code=1)
    assert not (tmp_path / "run.html").exists()


def test_a_kept_file_that_somebody_has_changed_is_named(lab: Driver, url: str) -> None:
    lab.run("load", "--url", url, "-n", "20")
    (kept,) = (Path(one["file"]) for one in lab.json("runs")["runs"])
    for change in (('"rate":', '"rate":"x","was":'), ('"rate":', '"rate":NaN,"was":'), ('"sent":', '"sent":null,"was":')):
        (kept.parent / "changed.json").write_text(kept.read_text().replace(*change, 1))
        assert "changed.json" in lab.run("compare", str(kept.parent / "changed.json"), code=2).stderr


def test_runs_that_are_not_there(lab: Driver) -> None:
    assert "No load run yet" in lab.run("runs").stdout
    assert (lab.json("runs")["runs"], lab.json("runs")["skipped"]) == ([], [])
    assert "labctl load" in lab.run("compare", "last", code=2).stderr
    assert "--tolerance 5x" in lab.run("compare", "last", "--tolerance", "5x", code=2).stderr


def test_a_run_that_cannot_be_kept_still_shows_its_figures(tmp_path: Path, url: str) -> None:
    (tmp_path / "state").write_text("a file")
    ran = Driver("none", tmp_path / "state").run("load", "--url", url, "-n", "5", "-o", "json")
    assert json.loads(ran.stdout)["requests"]["successful"] == 5
    assert "was not kept in" in ran.stderr
