"""What goes to a terminal beside the result breaks between words only, and a command not at all."""

import io

import pytest

from labctl.errors import LabError
from labctl.ui import failure

URL = "http://127.0.0.1:9002/predict"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, error: LabError, stream: io.StringIO) -> list[str]:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    failure.show(error)
    return stream.getvalue().splitlines()


def test_a_long_cause_breaks_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, LabError("word " * 13 + URL + " end", detail="seen " * 20), Terminal())
    assert all(len(line) <= 80 for line in lines)
    assert any(URL in line for line in lines)
    assert lines[0].startswith("error: word")


def test_a_command_stays_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    hint = "labctl up " + "--set LABCTL_SERVICE_PORT=19002 " * 4
    assert shown(monkeypatch, LabError("no", hint=hint), Terminal())[-1] == f"  try: {hint}"


def test_a_file_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(shown(monkeypatch, LabError("word " * 40), io.StringIO())) == 1


def test_each_line_that_fixes_it_stands_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    failure.show(LabError("it does not fit", hint="labctl one\nlabctl two", detail="seen"))
    failure.show(LabError("it is not there", hint="labctl one", advice="start it"))
    assert capsys.readouterr().err.splitlines() == [
        "error: it does not fit", "  seen", "  try: labctl one", "  or: labctl two",
        "error: it is not there", "  start it", "  or: labctl one",
    ]


def test_a_value_without_an_end_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    failure.show(LabError(f"--with {'x' * 100_000}: expected prometheus", detail="y" * 100_000))
    said = capsys.readouterr().err
    assert len(said) < 3000
    assert said.startswith("error: --with x")
    assert "x: expected prometheus\n" in said
