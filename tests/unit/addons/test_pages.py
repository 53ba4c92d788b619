"""Which components have a page, and what is said where the lab lacks one."""

from dataclasses import replace

import pytest

from labctl.addons.pages import required, with_page
from labctl.config import load
from labctl.errors import LabError, UsageError

SPEC = replace(load({}).spec(), name="mine")


def test_only_the_lab_s_own_components_are_offered() -> None:
    assert [one.name for one in with_page({"with": "jaeger,logs"})] == ["jaeger", "victoria-logs"]
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
