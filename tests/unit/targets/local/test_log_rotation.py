"""A log is put aside while it is written, and what is written meanwhile is not lost from view."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from labctl.host import waiting
from labctl.targets.local import log_rotation
from labctl.targets.local.log_file import LogFile
from labctl.targets.local.log_rotation import old_of, rotate


def test_a_large_log_is_put_aside_and_emptied(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("1234")
    assert not rotate(log, 4)
    assert rotate(log, 3)
    assert (log.read_text(), old_of(log).read_text()) == ("", "1234")


def test_who_writes_goes_on_at_the_new_end(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"1234")
        rotate(log, 3)
        writer.write(b"5")
    assert log.read_text() == "5"


def test_of_what_grew_unwatched_only_the_end_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("one\ntwo\nthree\n")
    rotate(log, 5)
    assert old_of(log).read_text() == "two\nthree\n"


def test_where_nothing_can_be_put_aside_the_log_is_emptied_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("1234")
    old_of(log).mkdir()
    old_of(log).joinpath("in the way").touch()
    assert rotate(log, 3)
    assert log.read_text() == ""
    assert not log.with_suffix(".old.new").exists()


def test_the_process_watches_every_log_of_its_folder_and_ends_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    argv = [sys.executable, "-I", "-S", log_rotation.__file__, str(folder), "10"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE) as process:
        (folder / "a.log").write_text("x" * 11)
        (folder / "b.log").write_text("x" * 11)
        assert waiting.until(lambda: (folder / "a.old.log").exists() and (folder / "b.old.log").exists(), 20)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        assert process.wait(60) == 0


WRITER = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    for number in range(40_000):
        file.write(b"%d %s\\n" % (number, b"x" * 90))
        if number % 20 == 0:
            time.sleep(0.0005)
"""


def numbers(log: LogFile) -> list[int]:
    return [int(line.partition(b" ")[0]) for line in log.new_lines()]


def test_between_two_writes_a_rotation_loses_nothing(tmp_path: Path) -> None:
    path, seen = tmp_path / "service.log", []
    log = LogFile(path)
    for number in range(1000):
        with path.open("ab") as file:
            file.write(b"%d %s\n" % (number, b"x" * 90))
        rotate(path, 1 << 12)
        if number % 30 == 0:
            seen += numbers(log)
    assert seen + numbers(log) == list(range(1000))


def test_a_log_that_has_outgrown_the_old_one_before_the_next_look(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    path.write_bytes(b"".join(b"%d a\n" % number for number in range(50)))
    log = LogFile(path)
    assert numbers(log) == list(range(50))
    rotate(path, 1)
    path.write_bytes(b"".join(b"%d a\n" % number for number in range(50, 500)))
    assert numbers(log) == list(range(50, 500))


def test_while_somebody_writes_and_somebody_reads_every_line_is_seen(tmp_path: Path) -> None:
    path, seen, rotations = tmp_path / "service.log", [], 0
    log = LogFile(path)
    with subprocess.Popen([sys.executable, "-c", WRITER, path]) as writer:
        while writer.poll() is None:
            rotations += rotate(path, 1 << 20)
            seen += numbers(log)
    seen += numbers(log)
    assert rotations > 1
    assert seen == sorted(set(seen))
    # what is written between the last look and the emptying is lost: one gap for each rotation
    assert sum(after != before + 1 for before, after in pairwise(seen)) <= rotations
    assert (seen[0], seen[-1]) == (0, 39_999)
