"""An add-on that sends to a secured viewer holds a certificate of its own, as long as the lab has it."""

from dataclasses import replace
from pathlib import Path

from labctl.config import load
from labctl.credentials import token
from labctl.credentials.certificates import HOLDERS, holders
from labctl.targets import secured

ON = {"tls": "on", "auth": "on"}
WITH = {**ON, "with": "prometheus,alertmanager"}


def test_alertmanager_is_a_holder_where_the_lab_has_it() -> None:
    assert holders(ON) == HOLDERS
    assert holders(WITH) == (*HOLDERS, "alertmanager")


def test_its_files_come_and_go_with_it(tmp_path: Path) -> None:
    spec = load({"LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": "x"}, {}).spec()
    own = secured.certificates(spec, "x")
    secured.prepare(spec, ON, "x")
    assert own.files("alertmanager") == {}
    secured.prepare(replace(spec, switches=WITH), WITH, "x")
    assert set(own.files("alertmanager")) == {"ca.crt", "tls.crt", "tls.key"}
    assert {one.holder for one in secured.held(spec, WITH)} == {*HOLDERS, "alertmanager", "token"}
    before = own.files("alertmanager")
    own.exchange()
    own.forget_old()
    assert own.files("alertmanager")["ca.crt"] != before["ca.crt"]
    secured.prepare(spec, ON, "x")
    assert own.files("alertmanager") == {}


def test_what_takes_one_token_gets_the_first(tmp_path: Path) -> None:
    token.write(tmp_path, ["new", "old"])
    assert token.files(tmp_path) == {"token": b"new\nold", "first": b"new"}
    token.first_in(tmp_path).unlink()
    assert not token.ensure(tmp_path)
    assert token.files(tmp_path) == {"token": b"new\nold", "first": b"new"}
