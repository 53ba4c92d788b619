"""What stands for what on the command line."""

import pytest

from labctl.cli.options import Flags, given, with_values
from labctl.errors import UsageError


@pytest.mark.parametrize(("typed", "meant"), [
    ("up --tls", "up --tls on"),
    ("up --tls --mtls --auth -o json", "up --tls on --mtls on --auth on -o json"),
    ("up --tls off --auth on", "up --tls off --auth on"),
    ("up --sampling 10%", "up --sampling 10%"),
    ("exec service -- curl --tls", "exec service -- curl --tls"),
    ("", ""),
])
def test_a_switch_alone_is_on(typed: str, meant: str) -> None:
    assert with_values(typed.split()) == meant.split()


@pytest.mark.parametrize(("flags", "pairs", "unset", "said"), [
    ({"LABCTL_SAMPLING": "20%"}, ["LABCTL_SAMPLING=10%"], [], "--sampling 20% and --set LABCTL_SAMPLING=10% contradict"),
    ({"LABCTL_TARGET": "kind"}, ["LABCTL_TARGET=local"], [], "--target kind and --set LABCTL_TARGET=local contradict"),
    ({}, ["MODEL_WORK=cpu", "MODEL_WORK=sleep"], [], "--set MODEL_WORK=cpu and --set MODEL_WORK=sleep contradict"),
    ({}, ["service.replicas=2"], ["service.replicas"], "--unset service.replicas and --set service.replicas=2 contradict"),
    ({}, ["LABCTL_SAMPLING=10"], [], r"^LABCTL_SAMPLING=10 \(--set\): expected a share .*; or off$"),
])
def test_what_contradicts_itself_is_refused_as_it_was_typed(
    flags: Flags, pairs: list[str], unset: list[str], said: str,
) -> None:
    with pytest.raises(UsageError, match=said):
        given(flags, pairs, unset)


def test_a_bill_for_keeping_nothing_is_refused() -> None:
    from labctl.cli.cost.cost import days

    assert days(86400.0) == 1
    with pytest.raises(UsageError, match="--retention 0"):
        days(0.0)


def test_the_same_said_twice_is_fine() -> None:
    flags = given({"LABCTL_SAMPLING": "10%", "LABCTL_LAB": None}, ["LABCTL_SAMPLING=10%", "service.replicas=2"], ["all"])
    assert flags["LABCTL_SAMPLING"] == "10%"
    assert (flags["service.replicas"], flags["service.limits.cpu"], "LABCTL_LAB" in flags) == ("2", "", False)
