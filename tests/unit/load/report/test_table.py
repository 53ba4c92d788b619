"""The timeline as CSV."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.load import report
from tests.unit.load.report import made_up_run

LONG = made_up_run.long_run()


def read(path: Any) -> Any:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_lines_add_up_to_the_run(tmp_path: Path) -> None:
    report.write_csv(LONG, tmp_path / "run.csv")
    lines = read(tmp_path / "run.csv")

    assert len(lines) == made_up_run.SLICES
    assert sum(int(line["sent"]) for line in lines) == LONG.sent
    for kind, number in LONG.errors.items():
        assert sum(int(line[f"error: {kind}"]) for line in lines) == number
    assert float(lines[1]["start_s"]) == made_up_run.SLICE_S


def test_a_run_without_a_timeline_is_one_line(tmp_path: Path) -> None:
    report.write_csv(replace(LONG, timeline=None), tmp_path / "run.csv")
    [line] = read(tmp_path / "run.csv")

    assert float(line["p99_ms"]) == pytest.approx(LONG.latency.p99)
    assert int(line["planned"]) == LONG.planned


def test_no_time_where_nothing_succeeded(tmp_path: Path) -> None:
    report.write_csv(replace(LONG, timeline=None, successful=0), tmp_path / "run.csv")

    assert read(tmp_path / "run.csv")[0]["p50_ms"] == ""


def test_a_file_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Is a directory"):
        report.write_csv(LONG, tmp_path)
