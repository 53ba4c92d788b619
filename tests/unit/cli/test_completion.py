"""What the shell is offered for a word that is being typed."""

from typing import Any

import pytest
import typer

from labctl.cli import app, completion


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> typer.Context:
    monkeypatch.setenv("LABCTL_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("LABCTL_LAB", "no-such-lab")
    return typer.Context(typer.core.TyperCommand("up"))


def words(offers: list[tuple[str, str]]) -> list[str]:
    return [word for word, _ in offers]


def test_set_offers_settings_and_what_the_manifests_say(context: typer.Context) -> None:
    assert "DEFAULT_LATENCY_MS=" in words(completion.settings_and_overrides(context, "DEF"))
    assert words(completion.settings_and_overrides(context, "service.r")) == [
        "service.requests.cpu=", "service.requests.memory=", "service.replicas=",
    ]
    assert words(completion.settings(context, "service.")) == []


def test_a_switch_offers_values_of_every_kind() -> None:
    command = typer.main.get_command(app)
    with typer.Context(command) as ctx:
        _, up, _ = command.resolve_command(ctx, ["up"])  # type: ignore[attr-defined]
        [flag] = [one for one in up.params if one.name == "sampling"]
        offered = [item.value for item in flag.shell_complete(ctx, "t")]
    assert offered == ["tail:errors,slow>400ms,5%"]


def test_unset_offers_what_the_lab_has_recorded(context: typer.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lab:
        def overrides(self) -> dict[str, str]:
            return {"service.limits.cpu": "1"}

    monkeypatch.setattr("labctl.targets.require_target", lambda _: Lab())
    assert words(completion.overrides(context, "")) == ["all", "service.limits.cpu"]


def test_without_a_lab_nothing_is_offered_and_nothing_is_said(context: typer.Context, capsys: pytest.CaptureFixture[str]) -> None:
    assert completion.metrics(context, "") == []
    assert capsys.readouterr() == ("", "")
