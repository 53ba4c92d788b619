"""The order in which processes are replaced: what each still holds reaches the one that it sends to."""

from pathlib import Path

import pytest

from labctl.host.daemons import Daemon
from labctl.targets.local import handover

TLS, AUTH = {"tls": "on"}, {"tls": "on", "auth": "on"}


def daemons(*names: str) -> list[Daemon]:
    return [Daemon(name, (), {}, Path("log"), {}, "") for name in names]


STALE = daemons("viewer", "service", "collector", "log-rotation")


@pytest.mark.parametrize(("before", "now", "first"), [
    ({}, TLS, True), (TLS, {}, True), (TLS, AUTH, True), ({}, AUTH, True), (AUTH, {}, True), (TLS, TLS, True),
    (AUTH, TLS, False),                 # the new one has no token, and the old collector would refuse it for good
])
def test_the_service_is_replaced_first_unless_it_gives_up_its_token(
    before: dict[str, str], now: dict[str, str], first: bool,
) -> None:
    names = [one.component for one in handover.in_order(STALE, before, now)]
    assert names[0 if first else -1] == "service"
    assert [name for name in names if name != "service"] == ["viewer", "collector", "log-rotation"]


def test_collector_and_viewer_end_before_one_of_them_starts() -> None:
    assert handover.together(STALE[0], STALE) == ["viewer", "collector", "log-rotation"]
    assert handover.together(STALE[1], STALE) == []
    assert handover.together(STALE[2], daemons("service", "collector")) == ["collector"]
