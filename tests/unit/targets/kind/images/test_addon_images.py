"""An add-on's image that the engine lacks: pulled first, taken from the node, or the end of `up`, with a line."""

import pytest

from labctl.errors import LabError, Refused
from labctl.targets.kind.engine import images
from labctl.targets.kind.images import delivery
from labctl.targets.kind.images.addon_images import pull_missing

WANTED = {"prom/prometheus:1": "prometheus", "grafana/grafana:1": "grafana"}
TEXT = "prometheus,grafana"


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The engine has Prometheus alone, and pulls what it is asked for."""
    found: list[str] = []
    monkeypatch.setattr(images, "held", lambda *names: {name: {} for name in names if name.startswith("prom/")})
    monkeypatch.setattr(images, "pull", found.append)
    return found


def test_what_the_engine_lacks_is_pulled(pulled: list[str]) -> None:
    assert list(pull_missing(WANTED, TEXT, "")) == ["pulling grafana/grafana:1"]
    assert pulled == ["grafana/grafana:1"]


def test_what_the_node_has_is_not(pulled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "node_images", lambda _node: {"grafana/grafana:1"})
    assert list(pull_missing(WANTED, TEXT, "node")) == []
    assert pulled == []


def test_what_cannot_be_had_is_refused_with_the_other_add_ons(pulled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise LabError(f"the Docker engine has no image {name}, and cannot pull it", detail="no such host")

    monkeypatch.setattr(images, "pull", refuse)
    with pytest.raises(Refused, match="--with grafana: the Docker engine has no image grafana/grafana:1") as refused:
        list(pull_missing(WANTED, TEXT, ""))
    assert refused.value.hint == "docker pull grafana/grafana:1\nlabctl up --with prometheus"
    assert refused.value.detail == "no such host"
