from dataclasses import replace

from labctl.load.measure.summary import Distribution
from labctl.ui.load.summary import render
from tests.unit.ui.conftest import Draw
from tests.unit.ui.samples import SUMMARY, TROUBLED


def test_what_did_not_happen_is_not_mentioned(draw: Draw) -> None:
    drawn = draw(render(replace(SUMMARY, target_rate=None), ()))

    assert not any(word in drawn for word in ("unfinished", "never sent", "planned rate", "interrupted", "ledger", "!"))


def test_every_kind_of_failure_has_its_count(draw: Draw) -> None:
    lines = [line.split("  ") for line in draw(render(TROUBLED, ())).splitlines()]
    counts = {parts[2].strip(): parts for parts in lines if len(parts) > 2}

    assert "14" in [part.strip() for part in counts["http 503"]]
    assert "6" in [part.strip() for part in counts["timeout"]]


def test_a_run_without_success_has_no_figures(draw: Draw) -> None:
    nothing = replace(
        SUMMARY, successful=0, failed=500, latency=Distribution(), service_time=Distribution(), histogram=(), slowest=(),
        quantiles={}, generator=None,
    )
    drawn = draw(render(nothing, ()))

    assert "no request was timed" in drawn
    assert "0 ms" not in drawn


def test_a_histogram_of_a_few_requests_is_left_out(draw: Draw) -> None:
    few, enough = (replace(SUMMARY, latency=replace(SUMMARY.latency, count=count)) for count in (19, 20))

    assert "█" not in draw(render(few, ()))
    assert "█" in draw(render(enough, ()))


def test_a_refusal_that_was_expected_is_said_to_be(draw: Draw) -> None:
    poisoned = replace(SUMMARY, statuses={200: 400, 204: 50, 422: 50})
    lines = [" ".join(line.split()) for line in draw(render(poisoned, ())).splitlines()]

    assert any(line.startswith("http 422, as expected 50") for line in lines)
    assert any(line.startswith("http 204 50") for line in lines)


def test_too_few_samples_are_said_instead_of_a_number(draw: Draw) -> None:
    [line] = [line for line in draw(render(SUMMARY, ())).splitlines() if "p99.9" in line]

    assert "too few samples" in line
    assert "ms" not in line.partition("p99.9")[2]


def test_an_interval_stands_beside_its_percentile(draw: Draw) -> None:
    assert "97.4–99.2 ms" in draw(render(SUMMARY, ()))


def test_requests_are_told_apart_where_there_is_more_than_one_kind(draw: Draw) -> None:
    one = replace(TROUBLED, by_request={"good": {"successful": 471, "failed": 21}})

    assert "no features" in draw(render(TROUBLED, ()))
    assert "request  " not in draw(render(one, ()))


def test_trace_ids_are_whole_also_on_a_narrow_terminal(draw: Draw) -> None:
    drawn = draw(render(SUMMARY, (), "1 request"), 50)

    assert all(slow.trace_id in drawn for slow in SUMMARY.slowest[:5])
