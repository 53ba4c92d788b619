"""C63: after `down` no image that labctl has built is left in the engine, and the tutorial's own `:v1` stays."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from labctl.targets.kind.images import pruning
from tests.unit.targets.kind.fake_engine import Answers, Server, engine

TAGS = ["ai-lab-2-2-paid:0123456789abcdef", "ai-lab-2-2-paid-files:0123456789abcdef", "ai-lab-2-2-viewer:fedcba9876543210"]
OTHERS = ["ai-lab-2-2-paid:v1", "ai-lab-2-2-viewer:v1", "python:3.13-slim", "mine:0123456789abcdef", "ai-lab-2-2-paid:latest"]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answers], Server]]:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    with ExitStack() as stack:
        yield lambda answers: stack.enter_context(engine(tmp_path / "engine.sock", answers))


def test_built_images_are_taken_out(docker: Callable[[Answers], Server]) -> None:
    images = [{"Created": number, "RepoTags": [tag]} for number, tag in enumerate([*TAGS, *OTHERS])]
    asked_engine = docker({"/images/json": (200, images), **{f"/images/{tag}": (200, []) for tag in TAGS}})
    assert pruning.remove_all() == len(TAGS)
    removed = {asked.removeprefix("DELETE /images/") for asked in asked_engine.asked if asked.startswith("DELETE")}
    assert removed == set(TAGS)


def test_an_image_that_is_used_or_gone_is_no_error(docker: Callable[[Answers], Server]) -> None:
    docker({"/images/json": (200, [{"Created": 1, "RepoTags": TAGS}]), f"/images/{TAGS[0]}": (409, {"message": "in use"})})
    pruning.remove_all()


@pytest.mark.parametrize("tag", OTHERS)
def test_what_labctl_has_not_named_stays(docker: Callable[[Answers], Server], tag: str) -> None:
    asked_engine = docker({"/images/json": (200, [{"Created": 1, "RepoTags": [tag]}])})
    assert pruning.remove_all() == 0
    assert not any(asked.startswith("DELETE") for asked in asked_engine.asked)
