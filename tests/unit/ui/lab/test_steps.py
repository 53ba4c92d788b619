"""A step is a line of readable length; what does not fit goes on below it."""

import pytest

from labctl.ui.lab.steps import PlainSteps, line

WIDTH = 120


def test_a_long_result_goes_on_below_itself_and_nothing_of_it_is_lost() -> None:
    parts = "; ".join(f"SETTING_{number} {number} → {number + 1}" for number in range(30))
    first, *more = line("✓", "Deploy", parts, 2.0).splitlines()
    assert first.endswith("  2.0 s")
    assert max(map(len, (first.removesuffix("  2.0 s"), *more))) <= WIDTH
    assert {len(text) - len(text.lstrip()) for text in more} == {first.index("SETTING_0")}
    assert " ".join([first.partition("Deploy")[2].removesuffix("  2.0 s").strip(), *map(str.strip, more)]) == parts


def test_a_short_one_is_one_line() -> None:
    assert line("✓", "Deploy", "nothing has changed", 0.0).endswith(" nothing has changed")
    assert line("–", "Publish", "", 0.0) == f" – {'Publish':<24} "


def test_a_long_note_goes_on_below_itself_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainSteps().step("Deploy") as say:
        say(" ".join(["component"] * 20))
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert first.startswith(" ✓ Deploy")
    assert second.strip().startswith("component")
    assert "␊" not in first
