"""Which components have a page, and what is said where the lab lacks one."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from labctl.addons.pages import require_up, required, with_page
from labctl.components import JAEGER
from labctl.config import load
from labctl.errors import LabError, NotReady, UsageError
from labctl.model import Health, State

SPEC = replace(load({}).spec(), name="mine")


def test_only_the_lab_s_own_components_are_offered() -> None:
    assert [one.name for one in with_page({"with": "jaeger,logs"})] == ["viewer", "jaeger", "victoria-logs"]
    assert required("jaeger", {"with": "jaeger"}, SPEC).name == "jaeger"


@pytest.mark.parametrize(("switches", "hint"), [
    ({}, "labctl up --lab mine --with jaeger"),
    ({"with": "prometheus:9999,logs"}, "labctl up --lab mine --with prometheus:9999,logs,jaeger"),
])
def test_the_line_that_brings_one_keeps_the_others(switches: dict[str, str], hint: str) -> None:
    with pytest.raises(LabError, match="no Jaeger") as refused:
        required("jaeger", switches, SPEC)
    assert refused.value.hint == hint


def test_a_component_without_a_page_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="the collector has no page"):
        required("collector", {}, SPEC)


@pytest.mark.parametrize(("state", "answers"), [
    (State.READY, True), (State.STARTING, True), (State.DEGRADED, True), (State.ABSENT, False), (State.FAILED, False),
])
def test_no_address_is_given_of_a_page_that_nothing_serves(state: State, answers: bool) -> None:
    with nullcontext() if answers else pytest.raises(NotReady, match="Jaeger does not answer"):
        require_up(JAEGER, [Health("prometheus", State.ABSENT), Health("jaeger", state)])
