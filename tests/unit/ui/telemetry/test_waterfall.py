from typing import Any

from rich.cells import cell_len

from labctl.telemetry.span_tree import SpanTree
from labctl.telemetry.trace import Span, Trace
from labctl.ui.telemetry.tree import rows_of
from labctl.ui.telemetry.waterfall import render
from tests.unit.ui.conftest import Draw


def span(
    name: str, own: str, parent: str = "", *, start: float = 0.0, took: float = 10.0, status: str = "unset", **attributes: Any,
) -> Span:
    return Span(name, "shop", "internal", own, parent, start, took, status, attributes)


def test_bars_lie_on_one_axis(draw: Draw) -> None:
    trace = Trace("t", 100.0, complete=True, spans=(
        span("whole", "a", took=100.0), span("first", "b", "a", took=50.0), span("second", "c", "a", start=50, took=50.0),
    ))
    whole, first, second = (line for line in draw(render(trace, 80)).splitlines() if "█" in line)

    # the cell in which one ends and the other begins holds half of each
    assert first.rindex("█") + 2 == second.index("█")
    assert second.rindex("█") == whole.rindex("█")
    assert abs(whole.count("█") - first.count("█") - second.count("█")) <= 1


def test_the_shortest_span_still_has_a_bar(draw: Draw) -> None:
    trace = Trace("t", 1e6, complete=True, spans=(span("whole", "a", took=1e6), span("blink", "b", "a", start=5e5, took=0.0)))

    blink = next(line for line in draw(render(trace, 80)).splitlines() if "blink" in line)

    assert set(blink) & set("▏▎▍▌▋▊▉█▐▕")


def test_an_error_shows_its_type_and_status(draw: Draw) -> None:
    said: dict[str, Any] = {"error.type": "TimeoutError", "http.response.status_code": 504}
    failed = span("POST", "a", status="error", **said)

    assert "✗ TimeoutError · HTTP 504" in draw(render(Trace("t", 10.0, complete=True, spans=(failed,)), 80))


def test_a_missing_parent_is_named(draw: Draw) -> None:
    trace = Trace("t", 10.0, complete=False, spans=(span("root", "a"), span("lost", "b", "gone")))
    drawn = draw(render(trace, 80))

    assert "incomplete: parent of 1 span missing" in drawn
    assert "its parent gone is missing" in drawn


def test_a_trace_without_spans_is_drawn(draw: Draw) -> None:
    assert "0 ms · 0 spans · 0 services · incomplete" in draw(render(Trace("t", 0.0, complete=False, spans=()), 80))


def test_a_span_name_cannot_steer_the_terminal(draw: Draw) -> None:
    trace = Trace("t", 10.0, complete=True, spans=(span("evil\x1b[2J\nname\u202e", "a"),))
    drawn = draw(render(trace, 80))

    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    assert "evil␛[2J␊name\\u202e" in drawn


def test_wide_and_long_names_stay_within_the_width(draw: Draw) -> None:
    trace = Trace("t", 10.0, complete=True, spans=(span("推論" * 40, "a"), span("x" * 400, "b", "a")))

    for width in (40, 60, 200):
        _, rows, *_ = draw(render(trace, width), width + 50).split("\n\n")
        assert "…" in rows
        assert max(map(cell_len, rows.splitlines())) <= width


def test_branches_follow_the_tree() -> None:
    rows = rows_of(SpanTree((span("a", "a"), span("b", "b", "a"), span("c", "c", "b"), span("d", "d", "a"))))

    assert [row.prefix for row in rows] == ["", "├─ ", "│  └─ ", "└─ "]


def test_a_circle_of_parents_is_drawn_once() -> None:
    rows = rows_of(SpanTree((span("a", "a", "b"), span("b", "b", "a"), span("self", "c", "c"))))

    assert sorted(row.node.span.name for row in rows) == ["a", "b", "self"]


def test_a_deep_trace_needs_no_deep_stack() -> None:
    depth = 3000
    rows = rows_of(SpanTree([span(str(n), str(n), str(n - 1) if n else "") for n in range(depth)]), most=depth)

    assert len(rows) == depth


def test_the_name_of_a_span_that_lies_deep_is_seen(draw: Draw) -> None:
    spans = tuple(span(f"s{n}", str(n), str(n - 1) if n else "") for n in range(300))

    assert "─ s299 " in draw(render(Trace("t", 10.0, complete=True, spans=spans), 80))


def test_what_is_odd_is_said(draw: Draw) -> None:
    spans = (
        span("root", "a"), span("second", "b"), span("lost", "c", "gone"), span("self", "d", "d"), span("one", "e", "f"),
        span("two", "f", "e"), span("twin", "a"),
    )
    drawn = draw(render(Trace("t", 10.0, complete=False, spans=spans), 100), 200)

    for said in ("parent of 1 span missing", "3 root spans instead of 1", "1 cycle of parents", "1 span under itself",
                 "1 span with another span's id", "it names itself as its parent", "it is its own ancestor", "the same id, a"):
        assert said in drawn
    assert sum("█" in line for line in drawn.splitlines()) == len(spans)


def test_of_a_huge_trace_the_longest_are_drawn_and_the_rest_is_counted(draw: Draw) -> None:
    spans = (span("root", "r", took=50_000), *(span(f"s{n}", str(n), "r", took=n) for n in range(5000)))
    drawn = draw(render(Trace("t", 50_000.0, complete=True, spans=spans), 100))

    assert "4 001 spans of up to 4.00 s are not drawn" in drawn
    assert "s4999 " in drawn
    assert "s4000 " not in drawn
