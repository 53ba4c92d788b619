from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.targets.kubernetes.network.websocket import BINARY, Frame, frame, parse


def unmasked(sent: bytes) -> bytes:
    """A client's frame as a server would have sent it: without the mask bit and the four zeros of the mask."""
    extra = {126: 2, 127: 8}.get(sent[1] & 0x7F, 0)
    return sent[:1] + bytes([sent[1] & 0x7F]) + sent[2:2 + extra] + sent[6 + extra:]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_every_length_is_written_as_it_is_read(size: int) -> None:
    content = bytes(size)
    assert parse(unmasked(frame(BINARY, content)) + b"rest") == (Frame(BINARY, content), b"rest")


@given(st.binary(max_size=300), st.data())
def test_a_frame_that_has_not_arrived_whole_is_waited_for(content: bytes, data: Any) -> None:
    whole = unmasked(frame(BINARY, content))
    assert parse(whole[:data.draw(st.integers(0, len(whole) - 1))]) is None
