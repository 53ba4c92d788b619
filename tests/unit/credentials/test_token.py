import stat
from pathlib import Path

import pytest

from labctl import access
from labctl.credentials import token


def test_one_is_made_once_and_is_private(tmp_path: Path) -> None:
    assert token.ensure(tmp_path)
    first = token.tokens(tmp_path)
    assert not token.ensure(tmp_path)
    assert token.tokens(tmp_path) == first
    assert len(first) == 1
    assert stat.S_IMODE(token.file_in(tmp_path).stat().st_mode) == 0o600


def test_no_line_is_empty(tmp_path: Path) -> None:
    """The collector's extension would accept an empty token."""
    token.write(tmp_path, ["new", "old"])
    assert token.file_in(tmp_path).read_bytes() == b"new\nold"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words\n", b"\xff\xfe\x00", b"\x01"])
def test_what_no_header_can_hold_is_no_token(tmp_path: Path, content: bytes) -> None:
    token.write(tmp_path, [])
    token.file_in(tmp_path).write_bytes(content)
    assert token.tokens(tmp_path) == []
    assert access.first_token(token.file_in(tmp_path)) == ""
    assert token.ensure(tmp_path)
    assert access.first_token(token.file_in(tmp_path)) == token.tokens(tmp_path)[0]


def test_what_an_editor_has_added_goes(tmp_path: Path) -> None:
    token.write(tmp_path, [])
    token.file_in(tmp_path).write_bytes(b"by-hand \r\n\n")
    assert not token.ensure(tmp_path)
    assert token.file_in(tmp_path).read_bytes() == b"by-hand"
