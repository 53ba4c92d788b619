"""Every command in the README is run as it stands there, each in an interpreter that begins with it."""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from labctl.switches.table import BY_NAME
from tests.driver import ROOT, Driver, a_name

TEXT = (ROOT / "README.md").read_text()
CONSOLE = re.compile(r"^\$ (labctl [^#\n]*)", re.MULTILINE)
TABLE = re.compile(r"^\| (.+?) \| ((?:`labctl [^`]*`(?:, )?)+) \|$", re.MULTILINE)

# what the machine lacks, or disturbed, is no fault of the page; a run may have something that sets its slow requests apart
ALSO = {"doctor": {0, 3}, "compare": {0, 6}, "why": {0, 5}}


def commands(lines: Iterable[str]) -> list[list[str]]:
    """Each once, in the order of the page."""
    return [shlex.split(found)[1:] for found in dict.fromkeys(lines)]


def walk(lab: Driver, wanted: list[list[str]]) -> None:
    lab.run("up")
    try:
        for words in wanted:
            ran = lab.run(*words, code=None, timeout=90)
            assert ran.returncode in ALSO.get(words[0], {0}), f"{words}: {ran.stdout}\n{ran.stderr}"
    finally:
        lab.run("down", code=None)


def test_the_commands_of_the_page(tmp_path: Path) -> None:
    wanted = commands(CONSOLE.findall(TEXT))
    assert [words[0] for words in wanted][:2] == ["up", "status"]
    assert wanted[-1] == ["down"]
    walk(Driver(a_name("readme-page"), tmp_path, afresh=True), wanted)


def test_every_step_of_the_tutorial_has_its_command(tmp_path: Path) -> None:
    rows = TABLE.findall(TEXT)
    assert len(rows) >= 14
    wanted = commands(found for _, cell in rows for found in re.findall(r"`(labctl [^`]*)`", cell))
    walk(Driver(a_name("readme-table"), tmp_path, afresh=True), wanted)


def test_the_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"^make (\w+)", TEXT, re.MULTILINE)) | set(re.findall(r"`make (\w+)`", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_switches_of_the_page_take_these_values() -> None:
    found = re.findall(r"`labctl up --([a-z-]+) ([^` ]+)`", TEXT)
    switches = [(name, value) for name, value in found if name in BY_NAME]
    assert len(switches) >= 6
    for name, value in switches:
        BY_NAME[name].allowed(value)
