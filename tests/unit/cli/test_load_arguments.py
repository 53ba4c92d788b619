"""What was typed becomes a RunOptions."""

from pathlib import Path

import pytest

from labctl.cli.load.arguments import LoadArguments
from labctl.load.plan.run_options import RunOptions
from labctl.load.plan.stages import Stage


def test_nothing_typed_is_nothing_wished() -> None:
    assert LoadArguments().options() == RunOptions()


def test_a_rate_of_zero_is_a_closed_loop() -> None:
    assert (LoadArguments(rate=0.0).options().closed, LoadArguments(rate=0.0).options().rate) == (True, None)
    assert (LoadArguments(rate=2.0).options().closed, LoadArguments(rate=2.0).options().rate) == (None, 2.0)


def test_stages_begin_at_rps() -> None:
    options = LoadArguments(stages="1s:5", rps=2.0).options()
    assert (options.stages, options.rps) == ([Stage(1.0, 2.0, 5.0)], None)


def test_a_body_file_is_sent_by_the_method_that_was_typed(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("1\n2\n")
    options = LoadArguments(body_file=tmp_path / "a.jsonl", method="PUT").options()
    assert ([one.method for one in options.pool or ()], options.method) == (["PUT", "PUT"], None)


def test_a_scenario_gives_way_to_what_is_typed() -> None:
    options = LoadArguments(scenario="soak", duration="5s", concurrency=3, slo="p50<1s").options()
    assert (options.duration_s, options.concurrency, options.rps, options.abort) == (5.0, 3, 20.0, True)
    assert [term.figure for term in options.slo or ()] == ["p50"]


@pytest.mark.parametrize(("arguments", "paced"), [
    (LoadArguments(), False), (LoadArguments(duration="5s", concurrency=3), False), (LoadArguments(rate=0.0), True),
    (LoadArguments(requests=1), True),
    (LoadArguments(ramp="1:2:3s"), True),
])
def test_what_says_how_often(arguments: LoadArguments, paced: bool) -> None:
    assert arguments.paced() is paced
