"""What --sampling takes, and that a decision by trace id is the collector's."""

import pytest

from labctl.switches.sampling import SAMPLING, Policy, Where, policy
from labctl.switches.trace_id_sampling import keeps, threshold


@pytest.mark.parametrize(("text", "wanted"), [
    ("10%", Policy(Where.COLLECTOR, 10)),
    ("0.5%", Policy(Where.COLLECTOR, 0.5)),
    ("head:25%", Policy(Where.HEAD, 25)),
    ("tail:errors,slow>400ms,5%", Policy(Where.TAIL, 5, errors=True, slow_ms=400)),
    ("tail: slow>2s, errors", Policy(Where.TAIL, 0, errors=True, slow_ms=2000)),
    ("tail:5%", Policy(Where.TAIL, 5)),
])
def test_a_policy_is_read(text: str, wanted: Policy) -> None:
    assert policy(text) == wanted
    assert SAMPLING.effect(text).folders


@pytest.mark.parametrize("text", ["", "10", "101%", "-1%", "head:", "head", "tail:", "tail:5%,6%", "tail:slow>.4", "x:5%", ":5%"])
def test_what_is_none_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="tail:errors,slow>400ms,5%"):
        policy(text)


@pytest.mark.parametrize("text", ["0%", "head:0%", "tail:0%", "0.0%"])
def test_a_policy_that_keeps_nothing_is_refused(text: str) -> None:
    """`up` would wait for a trace that never arrives."""
    with pytest.raises(ValueError, match="above 0%"):
        policy(text)


@pytest.mark.parametrize("text", ["0.000001%", "head:0.00009%", "tail:errors,0.00000001%"])
def test_a_share_so_small_that_up_would_wait_in_vain_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"at least 0\.0001%"):
        policy(text)
    assert policy("0.0001%").percent == 0.0001


def test_what_a_shell_has_made_of_a_policy_without_quotes_is_told() -> None:
    with pytest.raises(ValueError, match="in quotes"):
        policy("tail:errors,slow")


def test_thresholds_are_the_collectors() -> None:
    """From what it writes into the tracestate of spans that it keeps: `th` without its last zeros."""
    assert f"{threshold(0.25):x}" == "c" + "0" * 13
    assert f"{threshold(0.1):x}" == "e666" + "0" * 10
    assert f"{threshold(0.05):x}" == "f333" + "0" * 10
    assert threshold(1.0) == 0
    assert not keeps("f" * 32, threshold(0.0))


def test_a_share_of_random_ids_is_kept() -> None:
    limit = threshold(0.1)
    kept = sum(keeps(f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}", limit) for number in range(20_000))
    assert 0.09 < kept / 20_000 < 0.11
