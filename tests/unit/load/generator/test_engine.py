"""The engine against real servers, good and bad."""

import threading
from typing import Any

import pytest

from labctl.load.generator import pacing
from labctl.load.generator.worker import Worker
from labctl.load.measure.recorder import CHUNK, Recorder
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.schedule import offsets
from labctl.load.plan.stages import Stage
from labctl.load.plan.trace_ids import trace_id
from tests.unit.load.running import RUN, load, load_nobody
from tests.unit.load.servers import BODY, GOOD, Client, close, each, hang, reset, serving

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"5\r\n01234\r\n", b"3\r\n567\r\n0\r\n", b"\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\nconnection: close\r\n\r\n" + BODY
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 180\r\n\r\n" + BODY
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("handler", [
    pytest.param(each(GOOD), id="keep-alive"),
    pytest.param(each(*(GOOD[n:n + 1] for n in range(len(GOOD)))), id="byte by byte"),
    pytest.param(each(*CHUNKED), id="chunked"),
    pytest.param(each(CONTINUE, GOOD), id="100 before the answer"),
    pytest.param(each(CLOSING, then=close), id="says it closes, and closes"),
    pytest.param(each(CLOSING, then=hang), id="says it closes, and leaves that to us"),
    pytest.param(each(UNTIL_CLOSE, then=close), id="ends where the connection ends"),
    pytest.param(each(b"HTTP/1.1 204 No Content\r\n\r\n"), id="no content"),
    pytest.param(each(GOOD + GOOD, then=hang), id="and once more, which is discarded"),
    pytest.param(each(b"HTTP/1.0 200 OK\r\ncontent-length: 18\r\n\r\n" + BODY, then=close), id="HTTP/1.0"),
])
def test_every_way_to_answer_well_counts_as_success(handler: Any) -> None:
    with serving(handler) as url:
        result = load(url)
    assert (result.successful, result.errors) == (20, {})


@pytest.mark.parametrize(("handler", "kind"), [
    (each(then=close), "connection closed"),
    (each(then=reset), "connection reset"),
    (each(HALF, then=close), "incomplete response"),
    (each(CHUNKED[0], CHUNKED[1], then=close), "incomplete response"),
    (each(GOOD[:20], then=close), "incomplete response"),
    (each(b"I am no web server\r\n\r\n", then=hang), "malformed response"),
    (each(b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", then=hang), "http 101"),
    (each(b"HTTP/1.1 500 No\r\ncontent-length: 18\r\n\r\n" + BODY), "http 500"),
    (each(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"), "http 404"),
])
def test_every_failure_is_counted_by_its_name(handler: Any, kind: str) -> None:
    with serving(handler) as url:
        result = load(url)
    assert (result.successful, result.errors) == (0, {kind: 20})


def test_an_answer_that_never_comes_or_never_ends_is_a_timeout() -> None:
    for handler in (each(then=hang), each(HALF, then=hang)):
        with serving(handler) as url:
            result = load(url, requests=6, timeout_s=0.1)
        assert (result.successful, result.errors) == (0, {"timeout": 6})


@pytest.mark.parametrize("rps", [None, 1000.0])
def test_nobody_listens_any_more(rps: float | None) -> None:
    assert load_nobody(rps=rps, requests=6).errors == {"connection refused": 6}


def test_statuses_are_counted_and_3xx_is_success() -> None:
    answers = iter([200, 302, 404, 500] * 5)
    lock = threading.Lock()

    def handle(client: Client) -> None:
        while client.request() is not None:
            with lock:
                status = next(answers)
            client.send(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % status)

    with serving(handle) as url:
        result = load(url)
    assert result.statuses == {200: 5, 302: 5, 404: 5, 500: 5}
    assert (result.successful, result.errors) == (10, {"http 404": 5, "http 500": 5})


def test_a_connection_is_kept_and_never_carries_two_requests_at_once() -> None:
    heads, connections, early = [], [], []

    def handle(client: Client) -> None:
        connections.append(client)
        while (head := client.request()) is not None:
            heads.append(head)
            early.append(client.pending())
            client.send(GOOD)

    with serving(handle) as url:
        load(url, requests=50)
    assert len(heads) == 50
    assert not any(early)
    assert len(connections) == 4                        # three workers, and the one that looked whether somebody listens


def test_requests_carry_the_runs_trace_ids_and_the_body() -> None:
    seen, bodies = [], set()

    def handle(client: Client) -> None:
        while (head := client.request()) is not None:
            seen.append(head.partition(b"traceparent: ")[2].split()[0].decode())
            bodies.add(client.body)
            client.send(GOOD)

    with serving(handle) as url:
        result = load(url, body=b'{"features":[1]}')
    assert {parent.split("-")[1] for parent in seen} == {trace_id(RUN, index) for index in range(1, 21)}
    assert len({parent.split("-")[2] for parent in seen}) == 20
    assert all(parent.startswith("00-") and parent.endswith("-01") and len(parent) == 55 for parent in seen)
    assert bodies == {b'{"features":[1]}'}
    assert {slow.trace_id for slow in result.slowest} <= {trace_id(RUN, index) for index in range(1, 21)}
    assert len(result.slowest) == 10


@pytest.mark.parametrize("exact", [True, False], ids=["best alarm", "loop's own timers"])
def test_an_open_schedule_is_kept_and_never_early(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not exact:
        monkeypatch.setattr(pacing, "alarm", pacing.LoopAlarm)
    ended = []
    with serving(each(GOOD)) as url:
        result = load(url, lambda _, due, sent, done, status: ended.append((due, sent, done, status)), requests=40, rps=400.0)
    assert result.successful == 40
    dues = sorted(due for due, *_ in ended)
    assert dues == pytest.approx([dues[0] + index / 400 for index in range(40)], abs=1e-9)
    assert all(due <= sent <= done and status == 200 for due, sent, done, status in ended)
    assert result.duration_s >= 39 / 400


def test_a_hit_that_finds_no_worker_waits_and_its_wait_counts() -> None:
    def handle(client: Client) -> None:
        while client.request() is not None:
            client.stop.wait(0.02)
            client.send(GOOD)

    with serving(handle) as url:
        result = load(url, concurrency=1, requests=10, rps=1000.0)
    assert result.successful == 10
    assert result.latency.max > 5 * result.service_time.p50
    assert result.queued == 9
    assert result.slowest[0].trace_id == trace_id(RUN, 10)


def test_a_hit_whose_worker_is_free_first_has_not_waited_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def ring_late(alarm: Any, when: float) -> None:
        alarm_set(alarm, when + 0.02)

    alarm_set = pacing.LoopAlarm.set
    monkeypatch.setattr(pacing, "alarm", pacing.LoopAlarm)
    monkeypatch.setattr(pacing.LoopAlarm, "set", ring_late)
    with serving(each(GOOD)) as url:
        result = load(url, concurrency=50, requests=50, rps=1000.0)
    assert (result.successful, result.queued) == (50, 0)
    assert result.generator.late_max_ms > 15


def test_a_request_keeps_its_number_when_it_cannot_be_sent() -> None:
    """RequestOrder a and b in turn, of which a server that refuses some connections answers each as it should."""
    kinds = (Request("a", path="/a", expect=((200, 200),)), Request("b", path="/b", expect=((404, 404),)))

    def handle(client: Client) -> None:
        if (head := client.request()) is not None:
            seen.append(head.partition(b"traceparent: ")[2].split()[0].decode().split("-")[1])
            status = b"200 OK" if head.startswith(b"POST /a ") else b"404 Not Found"
            client.send(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    ended: dict[Any, Any] = {}
    seen: list[str] = []
    refusing = iter([ConnectionRefusedError(111, "refused")] * 5)

    async def refused_at_first(worker: Worker) -> None:
        if error := next(refusing, None):
            raise error
        await reached(worker)

    reached = Worker._open
    with serving(handle) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "_open", refused_at_first)
        result = load(url, lambda index, *rest: ended.setdefault(index, rest[-1]), concurrency=1, requests=20, pool=kinds)
    assert result.errors == {"connection refused": 4}          # and once when connections were made ready
    assert [ended[index] for index in range(5, 21)] == [200, 404] * 8
    assert seen == [trace_id(RUN, index) for index in range(5, 21)]


def test_a_server_that_speaks_first_is_never_spoken_to() -> None:
    def banner(client: Client) -> None:
        client.send(b"220 ready\r\n")
        client.stop.wait(0.05)

    with serving(banner) as url:
        result = load(url, concurrency=30, requests=60, timeout_s=2.0)
    assert "timeout" not in result.errors
    assert result.failed == 60


def test_what_is_counted_does_not_wait_for_the_end() -> None:
    """Where every other answer fails, or all do."""
    plan = LoadPlan("http://127.0.0.1/", rps=1.0, pool=(Request("a"), Request("b", expect=((404, 404),))))
    for statuses in ((200, 404), (200, 200), (500, 500)):
        recorder = Recorder(plan)
        for index in range(1, 3001):
            recorder.started_late(float(index), index + 0.1)
            recorder.answered(index, statuses[index % 2], float(index), index + 0.1, index + 0.2)
        assert max(map(len, (recorder.latencies, recorder.dues, recorder._lates))) <= CHUNK


def test_what_was_late_in_the_warm_up_is_in_no_figure() -> None:
    recorder = Recorder(LoadPlan("http://127.0.0.1/", rps=1.0, warmup_s=5.0))
    recorder.begin(100.0)
    recorder.started_late(101.0, 104.0)
    recorder.started_late(106.0, 106.5)
    recorder.flush()
    assert (recorder.late.count, recorder.late.max) == (1, 0.5)


def test_a_large_body_arrives_whole() -> None:
    sizes = []

    def handle(client: Client) -> None:
        while client.request() is not None:
            sizes.append(len(client.body))
            client.send(GOOD)

    with serving(handle) as url:
        assert load(url, requests=6, body=bytes(8_000_000)).successful == 6
    assert sizes == [8_000_000] * 6


def test_time_bounds_a_closed_loop() -> None:
    with serving(each(GOOD)) as url:
        result = load(url, requests=None, duration_s=0.1)
    assert result.planned == result.sent == result.successful > 0
    assert result.queued == 0


def test_whichever_comes_first_ends_the_run() -> None:
    with serving(each(GOOD)) as url:
        assert load(url, requests=5, duration_s=60.0).sent == 5
        assert load(url, requests=1000, duration_s=0.1, rps=100.0).planned == 10


def test_ipv6() -> None:
    try:
        with serving(each(GOOD), host="::1") as url:
            assert load(url).successful == 20
    except OSError:
        pytest.skip("no IPv6 on this machine")


@pytest.mark.parametrize("plan", [
    {"stages": (Stage(0.2, 0.0, 400.0), Stage(0.1, 400.0, 0.0)), "duration_s": 0.3},
    {"rps": 300.0, "duration_s": 0.2, "arrivals": "poisson", "seed": 7},
    {"rps": 300.0, "requests": 60, "burst": 10}, {"offsets": (0.01, 0.05, 0.05, 0.2)},
], ids=["stages", "poisson", "bursts", "replay"])
def test_every_kind_of_schedule_is_kept(plan: Any) -> None:
    plan = {"requests": None, **plan}
    ended = []
    with serving(each(GOOD)) as url:
        load(url, lambda _, due, sent, done, status: ended.append((due, sent)), **plan)
    planned = list(offsets(LoadPlan(url, **plan)))
    dues = sorted(due for due, _ in ended)
    assert [due - dues[0] for due in dues] == pytest.approx([offset - planned[0] for offset in planned], abs=1e-9)
    assert all(due <= sent for due, sent in ended)
