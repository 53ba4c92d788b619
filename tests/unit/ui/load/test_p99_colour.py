"""A p99 has one colour wherever it is shown."""

import pytest
from rich.console import Console, RenderableType

from labctl.ui.kit.palette import P99_COLOUR
from labctl.ui.load import board, capacity, compare, histogram, runs, summary
from tests.unit.ui import run_samples, samples


@pytest.mark.parametrize(("view", "shown"), [
    (histogram.render(samples.SUMMARY.histogram, samples.SUMMARY.latency), {"p99"}),
    (summary.render(samples.SUMMARY, (), samples.LEDGER), {"503 ms"}),
    (board.render(samples.SNAPSHOT, samples.PLAN, samples.TAIL), {"–"}),
    (runs.render(run_samples.RUNS, run_samples.RUNS_AT), {"503 ms"}),
    (compare.render(*run_samples.RUNS[:2], run_samples.COMPARISON, run_samples.RUNS_AT), {"503 ms", "478 ms"}),
    (capacity.line(run_samples.CAPACITY.curve[0]), {"p99 118 ms"}),
    (capacity.render(run_samples.CAPACITY), {"118 ms", "143 ms", "388 ms", "612 ms"}),
], ids=["histogram", "summary", "board", "runs", "compare", "trial", "capacity"])
def test_a_p99_has_its_colour(view: RenderableType, shown: set[str]) -> None:
    console = Console(width=120, height=40, force_terminal=True, color_system="standard")
    drawn = console.render(view, console.options)
    assert shown <= {one.text.strip() for one in drawn if one.style and one.style.color and one.style.color.name == P99_COLOUR}
