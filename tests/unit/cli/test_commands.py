"""The table of commands is true, and a command line builds its own command only."""

import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from labctl.cli import app
from labctl.cli.commands import COMMANDS, MODULES
from labctl.cli.lazy import build

SUMMARIES = {name: row.summary for rows in COMMANDS.values() for name, row in rows.items()}


def test_no_command_has_two_places() -> None:
    assert len(MODULES) == sum(map(len, COMMANDS.values()))


@pytest.mark.parametrize("name", MODULES)
def test_the_summary_is_the_first_paragraph_of_the_commands_own_help(name: str) -> None:
    command = build(name)
    assert (command.name, (command.help or "").split("\n\n")[0]) == (name, SUMMARIES[name])


@pytest.mark.parametrize("name", MODULES)
def test_a_command_shows_its_help(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "-h"])
    assert (shown.exit_code, f"labctl {name}" in shown.output) == (0, True), shown.output


def test_help_lists_every_command_under_its_panel() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    for panel, rows in COMMANDS.items():
        _, _, below = shown.partition(f" {panel} ")
        listed = " ".join(below.partition("╰")[0].replace("│", " ").split())
        assert [name for name, row in rows.items() if f"{name} {row.summary}" not in listed] == []


def test_a_command_of_a_group() -> None:
    assert "Usage: labctl sampling what-if" in CliRunner().invoke(app, ["sampling", "what-if", "--help"]).output


def test_the_first_action_of_a_command_is_run_where_none_is_named() -> None:
    def refused(line: str) -> str:
        found = CliRunner().invoke(app, line.split())
        assert found.exit_code == 2, found.output
        return " ".join(found.output.replace("│", "").split())

    assert "No such option: --ca" in refused("certs --ca")
    assert "unexpected extra argument(s) (rotate)" in refused("certs --lab x rotate")      # never of another lab than was meant
    assert "No such command 'rotat'. Did you mean 'rotate'?" in refused("auth rotat")


def test_a_word_that_is_no_command_gets_the_nearest_ones() -> None:
    refused = CliRunner().invoke(app, ["statu"])
    assert (refused.exit_code, "No such command 'statu'" in refused.output, "'status'" in refused.output) == (2, True, True)


@pytest.mark.parametrize(("line", "word", "offered"), [
    ("labctl sta", 1, {"status"}),
    ("labctl sampling ", 2, {"what-if"}),
    ("labctl certs ", 2, {"list", "rotate"}),
    ("labctl auth rotate --la", 3, {"--lab"}),
    ("labctl up --sampling t", 3, {"tail:errors,slow>400ms,5%"}),
    ("labctl logs coll", 2, {"collector"}),
    ("labctl status --outp", 2, {"--output"}),
])
def test_completion(line: str, word: int, offered: set[str]) -> None:
    env: dict[str, Any] = {"_LABCTL_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(word)}
    assert set(CliRunner().invoke(app, [], env=env, prog_name="labctl").output.split()) == offered


CODE = """
import sys
from labctl.cli import main
try:
    main()
finally:
    print(*(name for name in sys.modules if name.startswith("labctl.cli.")), file=sys.stderr)
"""


@pytest.mark.parametrize(("words", "imported"), [
    (["--help"], set()), (["sampling", "--help"], {"load.sampling"}), (["version"], {"lab.version"}),
])
def test_only_the_command_that_is_asked_for_is_imported(words: list[str], imported: set[str]) -> None:
    done = subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, timeout=60, check=True)
    modules = {name.removeprefix("labctl.cli.") for name in done.stderr.split()}
    assert modules & set(MODULES.values()) == imported


def test_a_switch_alone_is_on_for_the_command_that_is_run() -> None:
    command = typer.main.get_command(app)
    with typer.Context(command) as ctx:
        assert command.resolve_command(ctx, ["up", "--tls"])[2] == ["--tls", "on"]  # type: ignore[attr-defined]
        ctx.resilient_parsing = True
        assert command.resolve_command(ctx, ["up", "--tls"])[2] == ["--tls"]  # type: ignore[attr-defined]
