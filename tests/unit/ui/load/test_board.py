import io
import threading
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from labctl.load.measure.summary import Distribution
from labctl.ui.load.board import BackgroundBoard, Board, PlainBoard, board, fresh, line, render
from tests.unit.ui.conftest import Draw
from tests.unit.ui.samples import PLAN, SNAPSHOT, TAIL


@pytest.fixture(autouse=True)
def capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may sit at one that cannot move its cursor."""
    monkeypatch.setenv("TERM", "xterm")


def console(*, terminal: Any) -> Any:
    return Console(file=io.StringIO(), force_terminal=terminal, width=80, height=24, color_system=None)


def test_the_board_suits_the_stream() -> None:
    assert isinstance(board(console(terminal=True), PLAN), BackgroundBoard)
    assert isinstance(board(console(terminal=False), PLAN), PlainBoard)


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")

    assert isinstance(board(console(terminal=True), PLAN), PlainBoard)


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
@pytest.mark.parametrize("height", [4, 6, 10, 24, 60])
def test_the_board_is_never_taller_than_the_terminal(width: int, height: int, draw: Draw) -> None:
    troubled = replace(SNAPSHOT, errors={"http 503": 3, "connection refused": 2})

    assert len(draw(render(troubled, PLAN, TAIL), width, height).splitlines()) < max(height, 5)


def test_before_the_first_answer_there_is_nothing_to_fail_on(draw: Draw) -> None:
    start = replace(
        SNAPSHOT, elapsed_s=0.0, sent=0, successful=0, rate=0.0, target_rate=None, latency=Distribution(), histogram=(),
    )
    drawn = draw(render(start, PLAN, ()))

    assert "no answer yet" in drawn
    assert "left" not in drawn


def test_the_live_board_leaves_the_screen_to_the_summary() -> None:
    target = console(terminal=True)
    with Board(target, PLAN) as live:
        live.update(SNAPSHOT, TAIL)
    written = target.file.getvalue()

    assert "310/500" in written
    assert written.endswith("\x1b[1A\x1b[2K")
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1


def test_whoever_updates_the_board_does_not_wait_for_it() -> None:
    shown, go = threading.Event(), threading.Event()

    class Slow(Board):
        def update(self, snapshot: Any, tail: Any = ()) -> None:
            super().update(snapshot, tail)
            shown.set()
            go.wait(60)

    target = console(terminal=True)
    with BackgroundBoard(Slow(target, PLAN)) as live:
        live.update(SNAPSHOT, TAIL)
        assert shown.wait(60)
        live.update(SNAPSHOT, TAIL)
        go.set()
    assert "310/500" in target.file.getvalue()
    assert target.file.getvalue().endswith("\x1b[1A\x1b[2K")


def test_the_live_board_draws_no_more_often_than_eyes_can_follow() -> None:
    target = console(terminal=True)
    with Board(target, PLAN) as live:
        for _ in range(50):
            live.update(SNAPSHOT)
        assert target.file.getvalue().count("in flight") < 10


def test_the_plain_board_writes_a_line_a_second() -> None:
    target = console(terminal=False)
    with PlainBoard(target, PLAN) as plain:
        for tenth in range(1, 31):
            plain.update(replace(SNAPSHOT, elapsed_s=tenth / 10))

    assert [text[:7] for text in target.file.getvalue().splitlines()] == ["  POST ", "  1.0 s", "  2.0 s", "  3.0 s"]


def test_the_plain_board_writes_each_log_line_once_and_whole() -> None:
    target = console(terminal=False)
    long = "x" * 300
    with PlainBoard(target, PLAN) as plain:
        for tail in (("a", "b"), ("a", "b"), ("b", long), (long,)):
            plain.update(replace(SNAPSHOT, elapsed_s=0.5), tail)

    assert target.file.getvalue().splitlines()[1:] == ["  | a", "  | b", f"  | {long}"]


def test_a_plain_line_has_the_figures() -> None:
    snapshot = replace(SNAPSHOT, elapsed_s=3.0, successful=149, failed=1)

    assert line(snapshot, PLAN) == "  3.0 s  150/500  50.1/s of 50/s  p50 98.3 ms  p99 –  failed 1"


@pytest.mark.parametrize(("before", "now", "new"), [
    ((), ("a",), ("a",)), (("a",), ("a",), ()), (("a", "b"), ("b", "c"), ("c",)), (("a", "a"), ("a", "a", "a"), ("a",)),
    (("a",), ("x", "y"), ("x", "y")),
])
def test_only_what_a_log_has_gained_is_new(before: Any, now: Any, new: Any) -> None:
    assert tuple(fresh(before, now)) == new


def test_log_lines_stay_where_they_are_when_bars_come_and_go(draw: Draw) -> None:
    fewer = replace(SNAPSHOT, histogram=SNAPSHOT.histogram[:6])
    places = {draw(render(snapshot, PLAN, TAIL), 80, 40).splitlines().index(f"│ {TAIL[0]}") for snapshot in (SNAPSHOT, fewer)}

    assert len(places) == 1


def test_figures_keep_their_places(draw: Draw) -> None:
    rates = ("9.1/s", "987/s")
    pairs = ((9.1, 9.9), (987.0, 412.0))
    drawn = [draw(render(replace(SNAPSHOT, rate=rate), PLAN, (), recent)) for rate, recent in pairs]

    assert all(rate in text for rate, text in zip(rates, drawn, strict=True))
    assert len({text.splitlines()[1].index("now") for text in drawn}) == 1


def test_the_live_board_shows_a_stall_that_the_whole_runs_rate_hides() -> None:
    target = console(terminal=True)
    with Board(target, PLAN) as live:
        for second in range(1, 11):
            live._drawn = float("-inf")
            live.update(replace(SNAPSHOT, elapsed_s=float(second), successful=min(second, 7) * 50))

    assert "now     0/s" in target.file.getvalue()


def test_the_warm_up_has_no_times_yet(draw: Draw) -> None:
    warm = replace(SNAPSHOT, latency=Distribution(), histogram=(), elapsed_s=1.0)

    assert "warm-up: no times yet" in draw(render(warm, replace(PLAN, warmup_s=3.0), ()))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_pods_of_an_autoscaled_service_stand_beside_its_rate(width: int, draw: Draw) -> None:
    scaled = replace(SNAPSHOT, pods=3)
    assert "pods 3" in next(one for one in draw(render(scaled, PLAN, ()), width, 24).splitlines() if "rate" in one)
    assert line(scaled, PLAN).endswith("pods 3")
    assert "pods" not in draw(render(SNAPSHOT, PLAN, ()), width, 24) + line(SNAPSHOT, PLAN)
