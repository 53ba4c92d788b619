"""What is saved is whole, in the form that the ending says; and whatever goes wrong leaves the file as it was."""

import gzip
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import LabError, UsageError
from labctl.load import kept_runs
from labctl.saved.chosen import Form, SaveOptions, form
from labctl.saved.save import save
from labctl.saved.view import shown
from labctl.viewer_client.annotations import Annotation, AnnotationKind, tell
from tests.unit.telemetry.files import everything
from tests.unit.ui.samples import SUMMARY
from tests.viewer import Viewer

TRACE = everything.TRACE.hex()


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    started = Viewer(tmp_path_factory.mktemp("viewer"))
    started.send(everything.traces().SerializeToString())
    started.send(everything.logs().SerializeToString(), signal_="logs")
    yield started
    started.kill()


@pytest.mark.parametrize(("name", "of_a_trace", "of_others"), [
    ("a.json", Form.OBJECT, Form.LINES), ("a.JSON.gz", Form.OBJECT, Form.LINES), ("a.jsonl", Form.LINES, Form.LINES),
    ("a.b.jsonl.gz", Form.LINES, Form.LINES), ("a.zip", Form.ARCHIVE, Form.ARCHIVE),
])
def test_the_ending_says_the_form(name: str, of_a_trace: Form, of_others: Form) -> None:
    assert (form(Path(name), of_a_trace=True), form(Path(name))) == (of_a_trace, of_others)


@pytest.mark.parametrize("name", ["a", "a.txt", "a.zip.gz", "json", "a.gz"])
def test_another_ending_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="unknown file extension"):
        form(Path(name))


def test_a_trace_as_one_object_says_which_records_are_not_in_it(viewer: Viewer, tmp_path: Path) -> None:
    found = save(SaveOptions(tmp_path / "a.json.gz", trace=TRACE[:8]), tmp_path, viewer.url)
    with gzip.open(found.path) as file:
        assert list(json.load(file)) == ["resourceSpans"]
    assert (found.spans, found.size) == (4, found.path.stat().st_size)
    assert f"{(len(everything.VALUES) + 1) // 2} log records" in found.left_out


def test_the_last_minutes_as_lines(viewer: Viewer, tmp_path: Path) -> None:
    found = save(SaveOptions(tmp_path / "a.jsonl"), tmp_path, viewer.url)       # no run is kept
    assert (found.title, found.spans, found.log_records) == ("the last 15 min", 4, len(everything.VALUES) + 1)
    assert {next(iter(json.loads(line))) for line in found.path.read_bytes().splitlines()} == {"resourceSpans", "resourceLogs"}


def test_an_archive_can_be_replaced_only_when_that_is_said(viewer: Viewer, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    found = save(SaveOptions(path, run=TRACE[:4]), tmp_path, viewer.url)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == found.files
        assert found.files == ["traces.jsonl", "logs.jsonl", "metrics.jsonl", "annotations.json", "README.txt"]
    with pytest.raises(UsageError, match="already exists"):
        save(SaveOptions(path, run=TRACE[:4]), tmp_path, viewer.url)
    before = path.read_bytes()
    with pytest.raises(LabError, match="nothing of run beef"):
        save(SaveOptions(path, run="beef", force=True), tmp_path, viewer.url)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("options", [
    SaveOptions(Path("a.zip"), run="last", trace=TRACE), SaveOptions(Path("a.zip"), last_s=0.0),
    SaveOptions(Path("a.zip"), run="last"), SaveOptions(Path("a.zip"), trace="not hex"), SaveOptions(Path()),
])
def test_what_cannot_be_meant_is_refused(viewer: Viewer, tmp_path: Path, options: SaveOptions) -> None:
    with pytest.raises(UsageError):
        save(options, tmp_path, viewer.url)


def test_the_longest_name_that_a_file_can_have(viewer: Viewer, tmp_path: Path) -> None:
    path = tmp_path / f"{'ж' * 125}.json"
    save(SaveOptions(path, trace=TRACE), tmp_path, viewer.url)
    assert [*tmp_path.iterdir()] == [path]


def test_a_folder_that_is_not_there(viewer: Viewer, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"a\.zip was not written: no such file or directory$"):
        save(SaveOptions(tmp_path / "none" / "a.zip", trace=TRACE), tmp_path, viewer.url)


def test_a_name_that_is_too_long(viewer: Viewer, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="was not written: file name too long"):
        save(SaveOptions(tmp_path / f"{'x' * 300}.zip", trace=TRACE), tmp_path, viewer.url)


def test_spans_of_the_first_moment_there_is_have_a_time(tmp_path: Path) -> None:
    spans = [
        {"traceId": letter * 32, "spanId": letter * 16, "name": letter, "startTimeUnixNano": at, "endTimeUnixNano": "5000000"}
        for letter, at in (("a", "0"), ("b", "2000000"))
    ]
    (tmp_path / "a.jsonl").write_text("".join(
        json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n" for span in spans))
    with shown([tmp_path / "a.jsonl"], lambda _name, _share: None) as found:
        assert (found.files[0].begin, found.files[0].end) == (0.0, 0.005)
        assert found.address.endswith("/#/heatmap?begin=0&end=1005")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="not a regular file"), shown([tmp_path / "pipe"], lambda _name, _share: None):
        pass


def test_of_a_run_that_is_not_kept_what_was_told_of_its_time(viewer: Viewer, tmp_path: Path) -> None:
    at = everything.traces().resource_spans[0].scope_spans[0].spans[0].start_time_unix_nano / 1e9
    for key, begin in (("then", at), ("before", at - 3600)):
        assert tell(viewer.url, Annotation(AnnotationKind.ROLLOUT, key, begin, key, begin))
    found = save(SaveOptions(tmp_path / "a.zip", run=TRACE[:4]), tmp_path, viewer.url)
    with zipfile.ZipFile(found.path) as archive:
        assert [one["key"] for one in json.loads(archive.read("annotations.json"))["annotations"]] == ["then"]


def test_of_the_last_run_also_its_figures_and_its_report(viewer: Viewer, tmp_path: Path) -> None:
    run = replace(SUMMARY, run_id=TRACE[:16])
    kept = kept_runs.keep(tmp_path, run, (), "")
    found = save(SaveOptions(tmp_path / "a.zip"), tmp_path, viewer.url)
    with zipfile.ZipFile(found.path) as archive:
        assert archive.read("summary.json") == kept.read_bytes()
        assert archive.read("report.html").startswith(b"<!doctype html>")
    kept_runs.keep(tmp_path, replace(run, run_id="beef"), (), "")
    later = save(SaveOptions(tmp_path / "b.zip"), tmp_path, viewer.url)
    assert (later.title, "beef" in later.instead) == ("the last 15 min", True)
