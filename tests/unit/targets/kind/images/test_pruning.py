"""Which images of earlier edits go."""

from pathlib import Path

from labctl.targets.kind.engine.images import TITLE
from labctl.targets.kind.images.pruning import KEPT, TITLES, surplus


def tag(number: int) -> str:
    return f"{number:016x}"


def test_the_newest_few_of_each_repository_stay() -> None:
    tags = [f"{name}:{tag(number)}" for number in range(6) for name in ("service", "viewer")]
    assert surplus(tags, {"service"}) == [f"service:{tag(number)}" for number in range(KEPT, 6)]


def test_what_is_not_named_by_content_or_not_ours_stays() -> None:
    tags = ["service:v1", "other:latest", *(f"other:{tag(number)}" for number in range(9)), "service:<none>"] * 3
    assert surplus(tags, {"service"}) == []


def test_the_titles_by_which_untagged_images_are_known_are_those_in_the_dockerfile() -> None:
    dockerfile = (Path(__file__).resolve().parents[5] / "Dockerfile").read_text()
    assert all(f'{TITLE}="{title}"' in dockerfile for title in TITLES)
