"""Log files as one stream of lines."""

import os
from pathlib import Path
from typing import Any

import pytest

from labctl.config import load
from labctl.model import LabSpec, LogQuery
from labctl.targets.local import log_file, logs
from labctl.targets.local.log_rotation import rotate

BATCH = '2026-01-01T00:00:0{}.000Z\tinfo\tTraces\t{{"otelcol.component.id": "debug", "spans": 2}}\n'


def spec(folder: Path) -> LabSpec:
    (folder / "x" / "logs").mkdir(parents=True)
    return load({"LABCTL_STATE_DIR": str(folder), "LABCTL_LAB": "x"}, {}).spec()


def write(lab: LabSpec, component: str, text: str) -> None:
    with (lab.state / "logs" / f"{component}.log").open("a") as file:
        file.write(text)


def test_components_are_merged_by_time(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    write(lab, "service", '{"timestamp": "2026-01-01T00:00:02Z", "message": "b"}\n')
    write(lab, "collector", "2026-01-01T00:00:01.000Z\tinfo\ta\n2026-01-01T00:00:03.000Z\tinfo\tc\n")
    lines = list(logs.read(lab, LogQuery(["service", "collector"]), {}))
    assert [line.component for line in lines] == ["collector", "service", "collector"]


def test_a_line_without_a_time_stays_with_the_one_before(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    write(lab, "collector", "2026-01-01T00:00:01.000Z\tinfo\ta\n  more of a\n")
    first, second = logs.read(lab, LogQuery(["collector"]), {})
    assert first.at == second.at is not None


def test_where_the_viewer_is_the_collector_batch_lines_are_the_collectors(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    write(lab, "viewer", "2026-01-01T00:00:01Z listening\n" + BATCH.format(2))
    assert [line.text for line in logs.read(lab, LogQuery(["viewer"]), {})] == ["2026-01-01T00:00:01Z listening"]
    assert [line.text + "\n" for line in logs.read(lab, LogQuery(["collector"]), {})] == [BATCH.format(2)]


def test_since_leaves_out_what_is_older(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    write(lab, "collector", "2026-01-01T00:00:01.000Z\told\n2026-01-01T00:00:03.000Z\tnew\n")
    threshold = logs.time_of("2026-01-01T00:00:02Z")
    assert [line.text.partition("\t")[2] for line in logs.read(lab, LogQuery(["collector"], since=threshold), {})] == ["new"]


def test_following_gives_lines_whole_and_survives_a_replaced_file(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    stream = logs.read(lab, LogQuery(["service"], follow=True), {})
    write(lab, "service", "one\ntw")
    assert next(stream).text == "one"
    write(lab, "service", "o\n")
    assert next(stream).text == "two"
    (lab.state / "logs" / "service.log").write_text("3\n")
    assert next(stream).text == "3"


def test_following_goes_on_across_a_rotation(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    path = lab.state / "logs" / "service.log"
    stream = logs.read(lab, LogQuery(["service"], follow=True), {})
    write(lab, "service", "x" * 100 + "\n")
    assert next(stream).text == "x" * 100
    write(lab, "service", "two\nthr")
    assert rotate(path, 100)
    write(lab, "service", "ee\nfour\n")
    assert [next(stream).text for _ in range(3)] == ["two", "three", "four"]


def test_what_was_put_aside_is_read_first(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    write(lab, "service", "one\ntwo\n")
    rotate(lab.state / "logs" / "service.log", 4)
    write(lab, "service", "three\nfour\n")

    def texts(**query: Any) -> list[str]:
        return [line.text for line in logs.read(lab, LogQuery(["service"], **query), {})]

    assert texts() == ["one", "two", "three", "four"]
    assert [texts(tail=count) for count in range(6)] == [
        [], ["four"], ["three", "four"], ["two", "three", "four"], texts(), texts()]


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1000])
def test_a_tail_is_the_end_of_the_whole_whatever_the_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(log_file, "BLOCK", block)
    lab = spec(tmp_path)
    write(lab, "viewer", "listening\n" + BATCH.format(1) + "\n\nlong line\n" + BATCH.format(2) + "stopped\nunfinished")
    for component in ("viewer", "collector"):
        whole = [line.text for line in logs.read(lab, LogQuery([component]), {})]
        for count in range(8):
            tail = [line.text for line in logs.read(lab, LogQuery([component], tail=count), {})]
            assert tail == whole[len(whole) - min(count, len(whole)):]


def test_a_line_without_an_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "BLOCK", 10)
    monkeypatch.setattr(log_file, "MAX_LINE", 25)
    lab = spec(tmp_path)
    write(lab, "service", "x" * 100 + "\nlast\n")
    assert "".join(line.text for line in logs.read(lab, LogQuery(["service"]), {})) == "x" * 100 + "last"
    assert [line.text for line in logs.read(lab, LogQuery(["service"], tail=1), {})] == ["last"]


def test_tail_keeps_the_last_lines_of_each_component_in_their_order(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    write(lab, "service", '{"timestamp": "2026-01-01T00:00:02Z", "message": "b"}\n')
    write(lab, "collector", "2026-01-01T00:00:01.000Z\tinfo\ta\n2026-01-01T00:00:03.000Z\tinfo\tc\n")
    lines = logs.read(lab, LogQuery(["service", "collector"], tail=1), {})
    assert [line.component for line in lines] == ["service", "collector"]
    assert list(logs.read(lab, LogQuery(["service"], tail=0), {})) == []


def test_previous_is_what_the_run_of_now_has_not_written(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    write(lab, "collector", "2026-01-01T00:00:01.000Z\told\n2026-01-01T00:00:03.000Z\tnew\n")
    began = logs.time_of("2026-01-01T00:00:02Z") or 0.0
    lines = logs.read(lab, LogQuery(["collector"], previous=True), {"collector": began})
    assert [line.text.partition("\t")[2] for line in lines] == ["old"]


def test_the_last_words_of_go_stand_above_its_stacks(tmp_path: Path) -> None:
    log = tmp_path / "prometheus.log"
    stacks = "goroutine 1 [running]:\nmain.main()\n" * 2000
    log.write_text(f'time=2026-01-01T00:00:01Z level=INFO msg="ready"\nSIGBUS: bus error\nPC=0x49c2a6\n{stacks}gs     0x0\n')
    assert logs.last_words(log) == "SIGBUS: bus error"


@pytest.mark.parametrize(("text", "words"), [
    ("", ""), ("2026-01-01T00:00:01Z a\n", "2026-01-01T00:00:01Z a"), ("2026-01-01T00:00:01Z a\nI refuse\n", "I refuse"),
    ("panic: of before\n2026-01-01T00:00:01Z a\nb\n", "b"),
])
def test_last_words(tmp_path: Path, text: str, words: str) -> None:
    log = tmp_path / "prometheus.log"
    log.write_text(text)
    assert logs.last_words(log) == words


def test_what_was_written_before_the_lab_began_is_of_a_lab_before(tmp_path: Path) -> None:
    log = tmp_path / "prometheus.log"
    log.write_text("I refuse\n")
    os.utime(log, (1000.0, 1000.0))
    assert logs.is_of_before(log, 1100.0)
    assert not logs.is_of_before(log, 1000.4)
    assert not logs.is_of_before(tmp_path / "none.log", 1100.0)
