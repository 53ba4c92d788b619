from dataclasses import replace

from labctl.load.summary import Distribution
from labctl.ui.samples import SUMMARY, TROUBLED
from labctl.ui.summary import render


def test_what_did_not_happen_is_not_mentioned(draw):
    drawn = draw(render(replace(SUMMARY, target_rate=None), ()))

    assert not any(word in drawn for word in ("unfinished", "never sent", "planned rate", "interrupted", "ledger", "!"))


def test_every_kind_of_failure_has_its_count(draw):
    lines = [line.split("  ") for line in draw(render(TROUBLED, ())).splitlines()]
    counts = {parts[2].strip(): parts for parts in lines if len(parts) > 2}

    assert "14" in [part.strip() for part in counts["http 503"]]
    assert "6" in [part.strip() for part in counts["timeout"]]


def test_a_run_without_success_has_no_figures(draw):
    nothing = replace(
        SUMMARY, successful=0, failed=500, latency=Distribution(), service_time=Distribution(), histogram=(), slowest=(),
    )
    drawn = draw(render(nothing, ()))

    assert "no request succeeded" in drawn
    assert "0 ms" not in drawn


def test_trace_ids_are_whole_also_on_a_narrow_terminal(draw):
    drawn = draw(render(SUMMARY, (), "1 request"), 50)

    assert all(slow.trace_id in drawn for slow in SUMMARY.slowest[:5])
