"""The help of a command names its arguments as one types them."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app


def shown(monkeypatch: pytest.MonkeyPatch, command: str) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    return CliRunner().invoke(app, [command, "--help"]).output


def test_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, "forward")
    assert "{COMPONENT} [LOCAL:]REMOTE" in text


def test_predict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "FEATURES…" in shown(monkeypatch, "predict")
