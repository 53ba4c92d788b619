"""The cost of a month in a report: the bars are the table's, and there is neither without a measurement."""

from datetime import UTC, datetime

import pytest

from labctl.cost.comparison import compare
from labctl.load.report import costs
from labctl.load.report.page import Beside, page
from tests.unit.cost.samples import asked
from tests.unit.ui.samples import SUMMARY

ROWS = compare(asked())


def test_the_bars_add_up_to_what_each_backend_charges() -> None:
    data = costs.chart(ROWS)["cost"]["data"]
    assert [one["name"] for one in data] == ["traces", "metrics", "logs", "fixed"]
    for place, row in enumerate(reversed(ROWS)):
        assert data[0]["y"][place] == row.name
        assert sum(one["x"][place] for one in data) == pytest.approx(row.telemetry.high, abs=0.05)


def test_the_page_has_them_where_they_were_measured() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    with_costs, without = (page(SUMMARY, Beside(costs=rows), at) for rows in (ROWS, ()))
    assert 'id="cost"' in with_costs
    assert "A month at this rate" in with_costs
    assert 'id="cost"' not in without
    assert "A month at this rate" not in without
