"""What `status` shows of a lab that is half up."""

from dataclasses import replace

from labctl.lab.status import LabState
from labctl.model import Health, State
from labctl.ui.lab.status import render
from tests.unit.ui.conftest import Draw
from tests.unit.ui.samples import STATUS


def test_every_state_is_said_in_words(draw: Draw) -> None:
    drawn = draw(render(STATUS, 0))

    assert all(word in drawn for word in ("degraded", "ready", "failed", "not up", "/ready got 503: draining"))


def test_an_address_is_shown_once_with_the_name_that_up_gives_it(draw: Draw) -> None:
    drawn = draw(render(STATUS, 0), 120)

    assert [line.split("http://")[1].split()[:2] for line in drawn.splitlines() if "http://" in line] == [
        ["127.0.0.1:9003", "viewer"], ["127.0.0.1:9004", "grpc"], ["127.0.0.1:9002", "service"],
    ]


def test_what_is_missing_is_shown_with_the_line_to_type(draw: Draw) -> None:
    assert "try: labctl up" in draw(render(STATUS, 0))


def test_a_lab_whose_components_only_start_is_not_degraded() -> None:
    starting = replace(STATUS, components=(Health("viewer", State.READY), Health("service", State.STARTING)))

    assert (starting.state, STATUS.state) == (LabState.STARTING, LabState.DEGRADED)
    assert replace(STATUS, components=(Health("viewer", State.READY),)).state is LabState.READY


def test_a_component_of_which_next_to_nothing_is_known_is_drawn(draw: Draw) -> None:
    assert "viewer" in draw(render(replace(STATUS, components=(Health("viewer", State.ABSENT),), endpoints={}), 0))


def test_overrides_are_shown_with_the_line_that_takes_them_back(draw: Draw) -> None:
    drawn = draw(render(replace(STATUS, overrides={"service.limits.cpu": "1"}), 0))

    assert "set until labctl up --unset NAME:\n  service.limits.cpu=1" in drawn
    assert "--unset" not in draw(render(STATUS, 0))
