"""The help of a command names its arguments as one types them, and is whole in a narrow terminal."""

import re

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.cli.commands import MODULES
from labctl.cli.help_screen import lines
from labctl.components import BY_NAME
from labctl.switches.table import SWITCHES


def shown(monkeypatch: pytest.MonkeyPatch, command: str, width: int = 80) -> str:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", width)
    monkeypatch.setenv("COLUMNS", str(width))
    return CliRunner().invoke(app, [*command.split(), "--help"]).output


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_cut(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    cut = re.compile(r"[^A-Z,\s]…")         # others stand for more of the same: NAME…, last, last-1, …
    assert [name for name in MODULES if cut.search(shown(monkeypatch, name, width))] == []
    whole = "".join(shown(monkeypatch, "up", width).replace("│", "").split())
    assert [one for switch in SWITCHES for one in switch.examples if one not in whole] == []


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("command", ["forward", "logs"])
def test_every_component_is_named_in_one_piece(monkeypatch: pytest.MonkeyPatch, command: str, width: int) -> None:
    words = shown(monkeypatch, command, width).replace("|", " ").replace("<", " ").replace(">", " ").split()
    assert [name for name in BY_NAME if name not in words] == []


def test_a_list_of_words_breaks_between_them() -> None:
    assert lines("auto|local|kind", 12) == ["auto|local|", "kind"]
    assert lines("service|metrics-server|a|b", 8) == ["service|", "metrics-server|", "a|b"]
    assert lines("on|off", 12) == ["on|off"]


def test_forward_names_the_ports_of_every_component(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(shown(monkeypatch, "forward").split())
    assert "collector 4317, 4318, 8888, 13133; viewer 9003, 9004; prometheus 9090;" in text
    assert all(f"{name} {one.ports[0].own}" in text for name, one in BY_NAME.items() if one.ports)


@pytest.mark.parametrize("command", ["certs rotate", "certs list", "auth rotate", "auth path"])
def test_an_action_has_a_help_of_its_own(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    text = shown(monkeypatch, command)
    assert (f"Usage: labctl {command} [OPTIONS]" in text, "--ca" in text) == (True, command == "certs rotate")


def test_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, "forward")
    assert "{COMPONENT} [LOCAL:]REMOTE" in text


def test_predict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "FEATURES…" in shown(monkeypatch, "predict")
