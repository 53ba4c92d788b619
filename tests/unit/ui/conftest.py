"""Screens as text, and the files that they are compared with."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

_GOLDEN = Path(__file__).parents[2] / "golden"

Draw = Callable[..., str]


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are those of this machine's zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def draw() -> Draw:
    """Draws on a terminal without colours; trailing spaces are not part of a picture."""

    def draw(renderable: RenderableType, width: int = 80, height: int = 40) -> str:
        console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
        with console.capture() as capture:
            console.print(renderable)
        return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())

    return draw


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares with tests/golden/NAME.txt; `pytest --update-golden` writes it instead."""

    def check(name: str, drawn: str) -> None:
        path = _GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            path.write_text(drawn, encoding="utf-8")
        assert drawn == path.read_text(encoding="utf-8")

    return check
