"""Whole runs: the generator as a process, and what its caller sees of it."""

import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from labctl.errors import LabError
from labctl.host.commands import spawn_piped
from labctl.load.generator import messages, session
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.server.reach import reach
from tests.unit.load.running import RUN, adds_up
from tests.unit.load.servers import GOOD, Client, each, hang, serving


def ignore(_: Snapshot) -> None:
    pass


def begin(generator: subprocess.Popen[bytes], order: bytes) -> None:
    generator.stdin.write(order)
    generator.stdin.flush()
    assert generator.stdout.readline() == messages.READY
    generator.stdin.write(messages.start(time.monotonic()))
    generator.stdin.flush()


def test_a_run_reports_while_it_runs_and_at_its_end() -> None:
    snapshots: list[Snapshot] = []
    with serving(each(GOOD)) as url:
        result = adds_up(session.run(LoadPlan(url, requests=50, rps=100.0, run_id=RUN), snapshots.append))
    assert (result.run_id, result.url, result.successful, result.interrupted) == (RUN, url, 50, False)
    assert (result.spans_made, result.spans_acked) == (0, 0)
    assert snapshots
    assert [one.sent for one in snapshots] == sorted(one.sent for one in snapshots)
    assert all(one.planned == 50 and one.target_rate == 100 for one in snapshots)
    assert all(one.sent == one.successful + one.failed + one.in_flight for one in snapshots)


def test_ctrl_c_stops_the_load_and_gives_what_ran() -> None:
    def handle(client: Client) -> None:
        client.request()
        client.send(GOOD)
        client.request()
        hang(client)

    def interrupt(snapshot: Snapshot) -> None:
        if snapshot.in_flight == 4:
            signal.raise_signal(signal.SIGINT)

    with serving(handle) as url:
        result = adds_up(session.run(LoadPlan(url, requests=100, concurrency=4, run_id=RUN), interrupt))
    assert result.interrupted
    assert (result.sent, result.successful, result.unfinished, result.dropped) == (8, 4, 4, 92)


def test_ctrl_c_while_the_last_spans_wait_for_the_collector_does_not_wait_for_it() -> None:
    answered = threading.Event()

    def collector(client: Client) -> None:
        client.request()
        answered.set()
        hang(client)

    with serving(each(GOOD)) as url, serving(collector) as otlp:
        order = messages.order(LoadPlan(url, requests=3, run_id=RUN, otlp=otlp.removesuffix("/predict")), reach(LoadPlan(url)))
        with spawn_piped(session._ARGV, env=None) as generator:
            begin(generator, order)
            assert answered.wait(60)
            generator.terminate()
            *_, last = map(messages.read_counts, generator.stdout or ())
    assert (last.successful, last.spans_made, last.spans_acked) == (3, 3, 0)


def test_the_generator_stops_when_the_one_who_asked_is_gone() -> None:
    waiting = threading.Event()

    def handle(client: Client) -> None:
        if client.request() is not None:
            waiting.set()
            hang(client)

    with serving(handle) as url, spawn_piped(session._ARGV, env=None) as generator:
        begin(generator, messages.order(LoadPlan(url, requests=10, run_id=RUN), reach(LoadPlan(url))))
        assert waiting.wait(60)
        generator.stdin.close()
        *_, last = map(messages.read_counts, generator.stdout or ())
        assert generator.wait(60) == 0
    assert last.interrupted
    assert last.slices


def test_ctrl_c_before_the_first_request_has_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session._Session, "_begin", interrupted)
    with serving(each(GOOD)) as url, pytest.raises(KeyboardInterrupt):
        session.run(LoadPlan(url, run_id=RUN), ignore)


def test_a_generator_that_is_killed_within_a_line_is_an_error_and_not_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    half = "import sys; print('ready', flush=True); sys.stdin.readline(); print('{\"sent\": [1', end='', flush=True)"
    monkeypatch.setattr(session, "_ARGV", [sys.executable, "-c", half])
    with serving(each(GOOD)) as url, pytest.raises(LabError, match="no summary"):
        session.run(LoadPlan(url, run_id=RUN), ignore)


def test_the_run_is_followed_to_its_end_when_one_generator_has_ended() -> None:
    snapshots: list[Snapshot] = []
    with serving(each(GOOD)) as url:
        plan = LoadPlan(url, offsets=(0.0, 0.1, 0.1, 1.0), rps=4.0, requests=None, concurrency=2, processes=2, run_id=RUN)
        assert adds_up(session.run(plan, snapshots.append)).successful == 4
    assert max(one.elapsed_s for one in snapshots) > 0.8


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LabError, match=f"nothing listens on 127.0.0.1:{port}: connection refused") as caught:
        session.run(LoadPlan(f"http://127.0.0.1:{port}/", run_id=RUN), ignore)
    assert caught.value.exit_code == 1


def test_the_generators_death_is_an_error_and_not_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_ARGV", [*session._ARGV[:-1], "labctl.load.no_such_module"])
    with serving(each(GOOD)) as url, pytest.raises(LabError, match="no summary"):
        session.run(LoadPlan(url, run_id=RUN), ignore)


def test_it_is_said_what_killed_a_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that it hangs, as long as the system has not told its parent yet."""
    killed = "import os, signal; print('ready', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    monkeypatch.setattr(session, "_ARGV", [sys.executable, "-c", killed])
    with serving(each(GOOD)) as url, pytest.raises(LabError, match="no summary") as caught:
        session.run(LoadPlan(url, run_id=RUN), ignore)
    assert caught.value.detail == "killed by signal 9"
