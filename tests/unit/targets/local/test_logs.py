"""Log files as one stream of lines."""

from pathlib import Path

from labctl.config import load
from labctl.model import LabSpec, LogQuery
from labctl.targets.local import logs

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


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 3)
    path = tmp_path / "service.log"
    path.write_text("1234")
    logs.make_room(path)
    assert not path.exists()
    assert (tmp_path / "service.old.log").read_text() == "1234"


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
