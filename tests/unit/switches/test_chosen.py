"""Switches last until they are taken back, and what a lab has recorded of a later version is left alone."""

import pytest

from labctl.errors import UsageError
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


def test_a_record_in_another_order_is_read_in_the_tables() -> None:
    """JSON's objects have no order, and --auth patches what --tls has added."""
    on = {"auth": "on", "sampling": "10%", "tls": "on"}
    assert list(known(on)) == list(merged({}, on)) == ["sampling", "tls", "auth"]


@pytest.mark.parametrize(("recorded", "given", "line"), [
    ({}, {"mtls": "on"}, "--mtls on --tls on"),
    ({}, {"redact-pattern": "A B"}, "--redact-pattern 'A B' --redact on"),
    ({}, {"export-headers": "/x"}, "--export-headers /x --export WHERE"),
    ({"tls": "on", "mtls": "on", "auth": "on"}, {"tls": "off"}, "--tls off --mtls off --auth off"),
    ({"tls": "on"}, {"tls": "off", "auth": "on"}, "--auth on --tls on"),
    ({}, {"export": "file,honeycomb"}, "--export file,honeycomb --export-headers honeycomb=FILE"),
    ({}, {"export": "file", "export-headers": "/x"}, "--export file --export-headers off"),
    ({}, {"export": "jaeger,tempo", "export-headers": "/x"}, "--export jaeger,tempo --export-headers jaeger=FILE"),
])
def test_what_one_lacks_is_said_with_the_line_that_gives_it(recorded: dict[str, str], given: dict[str, str], line: str) -> None:
    with pytest.raises(UsageError) as refused:
        merged(recorded, given)
    assert refused.value.hint == f"labctl up {line}"
