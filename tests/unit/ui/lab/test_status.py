"""What `status` shows of a lab that is half up."""

from labctl.ui.lab.status import render as status
from tests.unit.ui.samples import STATUS


def test_status_takes_endpoints_as_list_or_mapping(draw):
    listed = {**STATUS, "components": [{"name": "viewer", "state": "ready", "endpoints": ["http://127.0.0.1:9003"]}]}

    assert draw(status(STATUS, 0)).count("http://127.0.0.1:9003") == draw(status(listed, 0)).count("http://127.0.0.1:9003") == 2


def test_status_says_every_state_in_words(draw):
    drawn = draw(status(STATUS, 0))

    assert all(word in drawn for word in ("ready", "failed", "absent", "/ready got 503: draining"))


def test_status_of_next_to_nothing_is_drawn(draw):
    assert "unknown" in draw(status({"lab": "x", "target": "local", "components": [{"name": "viewer"}]}, 0))
