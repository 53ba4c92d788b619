"""Every command in the README is run as it stands there, each in an interpreter that begins with it."""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import pytest

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


@pytest.mark.timeout(300)
def test_the_commands_of_the_page_and_of_every_step_of_the_tutorial(tmp_path: Path) -> None:
    """In one lab: `up` first and `down` last; a command that the page and the table of steps both have is run once."""
    *page, last = commands(CONSOLE.findall(TEXT))
    rows = TABLE.findall(TEXT)
    assert len(rows) >= 14
    steps = commands(found for _, cell in rows for found in re.findall(r"`(labctl [^`]*)`", cell))
    assert [words[0] for words in page][:2] == ["up", "status"]
    assert last == steps[-1] == ["down"]
    lab = Driver(a_name("readme"), tmp_path, afresh=True)
    try:
        for words in [*page, *(words for words in steps if words not in [*page, last]), last]:
            ran = lab.run(*words, code=None, timeout=90)
            assert ran.returncode in ALSO.get(words[0], {0}), f"{words}: {ran.stdout}\n{ran.stderr}"
    finally:
        lab.run("down", code=None)


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
