"""Which images of earlier edits go."""

from labctl.targets.kind.images.pruning import KEPT, surplus


def tag(number: int) -> str:
    return f"{number:016x}"


def test_the_newest_few_of_each_repository_stay() -> None:
    tags = [f"{name}:{tag(number)}" for number in range(6) for name in ("service", "viewer")]
    assert surplus(tags, {"service"}) == [f"service:{tag(number)}" for number in range(KEPT, 6)]


def test_what_is_not_named_by_content_or_not_ours_stays() -> None:
    tags = ["service:v1", "other:latest", *(f"other:{tag(number)}" for number in range(9)), "service:<none>"] * 3
    assert surplus(tags, {"service"}) == []
