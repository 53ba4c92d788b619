import stat
from pathlib import Path

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
