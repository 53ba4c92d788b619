"""Switches last until they are taken back, and what a lab has recorded of a later version is left alone."""

from labctl.switches.chosen import known, merged


def test_a_switch_lasts_until_it_is_taken_back() -> None:
    assert merged({"sampling": "10%"}, {}) == {"sampling": "10%"}
    assert merged({"sampling": "10%"}, {"sampling": "20%"}) == {"sampling": "20%"}
    assert merged({"sampling": "10%"}, {"sampling": "off"}) == {}
    assert merged({}, {"sampling": "off"}) == {}


def test_what_is_not_understood_of_a_record_is_left_out() -> None:
    assert known({"sampling": "10%", "later": "on"}) == {"sampling": "10%"}
    assert known({"sampling": "by moonlight"}) == {}
    assert known({"sampling": 3}) == {}
