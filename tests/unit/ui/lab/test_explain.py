"""What `up --explain` shows: each switch from what it is to what it would be."""

from collections.abc import Mapping

import pytest

from labctl.lab.explain import Explanation
from labctl.model import TextChange
from labctl.ui.lab.explain import render
from tests.unit.ui.conftest import Draw


def explanation(before: Mapping[str, str] | None, after: Mapping[str, str]) -> Explanation:
    return Explanation("x", "local", before, after, ["manifests/switches/auth"], [TextChange("a", "old\n", "new\n")])


def test_a_switch_that_would_go_off_is_shown(draw: Draw) -> None:
    drawn = draw(render(explanation({"tls": "on", "auth": "on"}, {"tls": "on"})))
    assert "--auth on → off" in drawn
    assert "--tls on, as now" in drawn
    assert "-old" in drawn
    assert "+new" in drawn


@pytest.mark.parametrize(("before", "after", "said"), [
    ({"tls": "on"}, {"tls": "on"}, "x on local: no switch would change"),
    ({}, {}, "x on local: no switch would change"),
    (None, {}, "x on local, which is not up: no switch is given"),
])
def test_where_nothing_would_change_it_says_so(
    draw: Draw, before: Mapping[str, str] | None, after: Mapping[str, str], said: str,
) -> None:
    drawn = draw(render(explanation(before, after)))
    assert said in drawn
    assert "new" not in drawn
