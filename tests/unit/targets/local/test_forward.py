"""Which ports of a lab of plain processes can be forwarded."""

from pathlib import Path

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import LabError
from labctl.model import LabSpec, Route
from labctl.targets.local.target import LocalTarget


@pytest.fixture
def target(tmp_path: Path) -> LocalTarget:
    """Of a lab without processes."""
    return LocalTarget(LabSpec("no-such-lab-of-ours", tmp_path, tmp_path / "state", DEFAULT_PORTS, {}, 1, 1))


@pytest.mark.parametrize(("component", "port"), [("collector", 1), ("viewer", 8888)])
def test_a_port_on_which_nothing_listens_is_not_published(target: LocalTarget, component: str, port: int) -> None:
    route = Route(component, port, port)
    assert not target.published(route)
    with pytest.raises(LabError, match=f"the {component} does not listen on port {port}") as error:
        target.forward(route)
    assert "its ports" in error.value.advice


def test_a_port_of_the_table_is_published_as_it_is(target: LocalTarget) -> None:
    assert target.published(Route("service", DEFAULT_PORTS["service"], 9000))
    assert not target.published(Route("service", 1, 9000))
