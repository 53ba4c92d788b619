"""What stands for what on the command line."""

import pytest

from labctl.cli.options import with_values


@pytest.mark.parametrize(("typed", "meant"), [
    ("up --tls", "up --tls on"),
    ("up --tls --mtls --auth -o json", "up --tls on --mtls on --auth on -o json"),
    ("up --tls off --auth on", "up --tls off --auth on"),
    ("up --sampling 10%", "up --sampling 10%"),
    ("exec service -- curl --tls", "exec service -- curl --tls"),
    ("", ""),
])
def test_a_switch_alone_is_on(typed: str, meant: str) -> None:
    assert with_values(typed.split()) == meant.split()
