"""Which request comes when, and bodies from a file."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.errors import UsageError
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.request_mix import bodies, order, pool


def kinds(*weights: int) -> list[Request]:
    return [Request(str(weight), weight=weight) for weight in weights]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_each_comes_as_often_as_its_weight_and_never_in_lumps(weights: Any) -> None:
    found = order(kinds(*weights))
    counts = Counter(found)
    shares = [weight / sum(weights) for weight in weights]
    assert [counts[index] / len(found) for index in range(len(weights))] == pytest.approx(shares)
    so_far: Counter[int] = Counter()
    for place, index in enumerate(found, 1):
        so_far[index] += 1
        assert all(abs(so_far[one] - share * place) < len(weights) for one, share in enumerate(shares))


@pytest.mark.parametrize(("weights", "expected"), [
    ((1,), [0]), ((7,), [0]), ((1, 1, 1), [0, 1, 2]), ((2, 4), [1, 0, 1]), ((3, 1), [0, 0, 1, 0]), ((1, 5), [1, 1, 0, 1, 1, 1]),
])
def test_orders_by_hand(weights: Any, expected: Any) -> None:
    assert list(order(kinds(*weights))) == expected


def test_a_round_that_is_too_long_is_refused() -> None:
    assert len(order(kinds(1_000_000, 3_000_000))) == 4
    with pytest.raises(UsageError, match="1000001"):
        order(kinds(1_000_000, 1))


def test_a_plan_without_a_pool_sends_its_one_request() -> None:
    plan = LoadPlan("http://127.0.0.1/", method="PUT", body=b"x", headers={"a": "b"})
    (only,) = pool(plan)
    assert (only.method, only.path, only.body, only.headers, only.weight) == ("PUT", "", b"x", {"a": "b"}, 1)


def test_a_file_is_a_body_or_a_line_of_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{\n "a": 1\n}\n')
    (tmp_path / "a.jsonl").write_bytes(b'{"a":1}\r\n\n  [2] \n3')
    assert bodies(tmp_path / "a.json") == [b'{\n "a": 1\n}\n']
    assert bodies(tmp_path / "a.jsonl") == [b'{"a":1}', b"[2]", b"3"]


@pytest.mark.parametrize(("content", "complaint"), [
    (b"\n\n", "holds 0 bodies"), (b"1\n\n{\n", "line 3"), (b"\xff\xfe\n", "line 1"),
])
def test_lines_that_hold_nothing_or_no_json_are_named(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        bodies(tmp_path / "a.ndjson")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl: No such file"):
        bodies(tmp_path / "none.jsonl")
