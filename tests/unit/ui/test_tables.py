import pytest

from labctl.ui.metrics import render as metrics
from labctl.ui.samples import SERIES, STATUS, TRACE
from labctl.ui.tables import age, status


def test_status_takes_endpoints_as_list_or_mapping(draw):
    listed = {**STATUS, "components": [{"name": "viewer", "state": "ready", "endpoints": ["http://127.0.0.1:9003"]}]}

    assert draw(status(STATUS, 0)).count("http://127.0.0.1:9003") == draw(status(listed, 0)).count("http://127.0.0.1:9003") == 2


def test_status_says_every_state_in_words(draw):
    drawn = draw(status(STATUS, 0))

    assert all(word in drawn for word in ("ready", "failed", "absent", "/ready got 503: draining"))


def test_status_of_next_to_nothing_is_drawn(draw):
    assert "unknown" in draw(status({"lab": "x", "target": "local", "components": [{"name": "viewer"}]}, 0))


@pytest.mark.parametrize(("seconds", "shown"), [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")])
def test_age_has_one_unit(seconds, shown):
    assert age(seconds) == shown


def test_a_percentile_is_not_estimated_beyond_the_maximum(draw):
    row = next(line for line in draw(metrics(SERIES)).splitlines() if line.startswith("prediction_latency_ms"))

    assert row.split()[-4:] == ["120", "ms", "120", "ms"]


def test_an_exemplar_is_a_command_to_paste(draw):
    assert f"labctl trace {TRACE.trace_id}" in draw(metrics(SERIES), 60)


def test_a_series_without_points_is_drawn(draw):
    bare = [{"name": "a", "unit": "ms", "type": "histogram"}, {"name": "b", "unit": "By", "type": "gauge", "value": 2.5}]

    assert "2.5 By" in draw(metrics(bare))
    assert "No metric" in draw(metrics([]))
