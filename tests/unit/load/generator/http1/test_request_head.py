"""The bytes of a request."""

import pytest

from labctl.errors import UsageError
from labctl.load.generator.http1.request_head import Requests, is_idempotent
from labctl.load.plan.address import parse
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.trace_ids import ids, trace_id
from labctl.switches.trace_id_sampling import keeps, threshold

RUN = "00112233445566aa"


def test_a_request_is_these_bytes() -> None:
    plan = LoadPlan("http://[::1]:9002/predict?a=1", body=b"{}", run_id=RUN, headers={"Content-Type": "application/json"})
    span_id = ids(7)[8:].hex()
    assert next(Requests(plan, parse(plan.url)).every(first=7)) == (
        "POST /predict?a=1 HTTP/1.1\r\nhost: [::1]:9002\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
        f"traceparent: 00-{trace_id(RUN, 7)}-{span_id}-01\r\n\r\n{{}}"
    ).encode()


@pytest.mark.parametrize("pool", [(), (Request("a", path="/a", weight=2), Request("b", "GET", "/b", body=b""))])
def test_with_head_sampling_the_flag_is_the_decision_on_the_trace_id(pool: tuple[Request, ...]) -> None:
    plan = LoadPlan("http://127.0.0.1/", run_id=RUN, pool=pool, sampling="head:30%")
    requests = Requests(plan, parse(plan.url))
    sent = {index: next(requests.every(first=index)) for index in range(1, 1500)}
    kept = {index for index, one in sent.items() if b"-01\r\n\r\n" in one}
    assert kept == {index for index in sent if keeps(trace_id(RUN, index), threshold(0.3))}
    assert all((b"-00\r\n\r\n" in one) == (index not in kept) for index, one in sent.items())
    third = requests.every(first=3, step=4)
    assert [next(third) for _ in range(300)] == [requests.of(index) for index in range(3, 1203, 4)]
    assert 0.28 < len(kept) / len(sent) < 0.32


def test_a_header_cannot_smuggle_another() -> None:
    plan = LoadPlan("http://127.0.0.1/", headers={"a": "b\r\nc: d"}, run_id=RUN)
    with pytest.raises(UsageError, match="line break"):
        Requests(plan, parse(plan.url))


@pytest.mark.parametrize("pool", [(), (Request("a", path="/a", weight=2), Request("b", "GET", "/b", body=b""))])
def test_one_by_its_index_is_the_one_in_its_turn(pool: tuple[Request, ...]) -> None:
    plan = LoadPlan("http://127.0.0.1/", run_id=RUN, pool=pool)
    requests = Requests(plan, parse(plan.url))
    third = requests.every(first=3, step=4)
    assert [next(third) for _ in range(9)] == [requests.of(index) for index in range(3, 39, 4)]


@pytest.mark.parametrize(("method", "idempotent"), [
    ("GET", True), ("HEAD", True), ("PUT", True), ("DELETE", True), ("OPTIONS", True), ("TRACE", True),
    ("POST", False), ("PATCH", False), ("GETTY", False), ("get", False),
])
def test_what_may_be_sent_twice(method: str, idempotent: bool) -> None:
    assert is_idempotent(f"{method} / HTTP/1.1\r\n\r\n".encode()) is idempotent
