"""A command line that says two things at once, or nothing, is refused."""

import pytest
import typer

from labctl.cli.strict import StrictCommand
from labctl.errors import UsageError


def command(
    where: str = typer.Argument("here"), rate: float = 1.0, name: list[str] | None = None, body: str = "x", *, loud: bool = False,
) -> None:
    typer.echo(f"{where} {rate} {name} {body!r} {loud}")


def run(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    app = typer.Typer(add_completion=False)
    app.command(cls=StrictCommand)(command)
    app(list(words), standalone_mode=False)
    return capsys.readouterr().out.strip()


@pytest.mark.parametrize(("words", "said"), [
    (["--rate", "1", "--rate=2"], "--rate is given more than once: 1 and 2"),
    ([""], "(?i)where.*: the value is empty"),
    (["--rate", ""], "--rate: the value is empty"),
    (["--name", "a", "--name", ""], "--name: the value is empty"),
])
def test_two_values_and_none_are_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=said):
        run(*words, capsys=capsys)


@pytest.mark.parametrize(("words", "got"), [
    (["--rate", "2", "--rate", "2"], "here 2.0 None 'x' False"),
    (["--name", "a", "--name", "b", "--loud", "--loud"], "here 1.0 ['a', 'b'] 'x' True"),
    (["--body", "", "there"], "there 1.0 None '' False"),
])
def test_what_is_clear_is_left_alone(words: list[str], got: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words, capsys=capsys) == got
