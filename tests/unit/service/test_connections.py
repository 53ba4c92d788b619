"""Who is closed when there are too many connections."""

import resource

import pytest

from service.connections import MOST, OTHER_FILES, Connections, most


class Connection:
    closed = False

    def make_room(self) -> None:
        self.closed = True


def opened(room: Connections, count: int) -> list[Connection]:
    found = [Connection() for _ in range(count)]
    for connection in found:
        room.opened(connection)
    return found


def test_the_silent_one_that_has_waited_longest_makes_room() -> None:
    room = Connections(3)
    kept, *silent = opened(room, 3)
    room.received(kept)
    room.answered(kept)
    newest, = opened(room, 1)
    assert [one.closed for one in (kept, *silent, newest)] == [False, True, False, False]


def test_without_silent_ones_a_kept_one_does_and_one_that_is_answered_never() -> None:
    room = Connections(2)
    busy, kept = opened(room, 2)
    room.received(busy)
    room.received(kept)
    room.answered(kept)
    newest, = opened(room, 1)
    assert [one.closed for one in (busy, kept, newest)] == [False, True, False]
    room.closed(kept)
    room.received(newest)
    last, = opened(room, 1)
    assert [one.closed for one in (busy, newest, last)] == [False, False, True]


def test_the_limit_of_open_files_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, expected in ((1024, 1024 - OTHER_FILES), (1 << 20, MOST), (resource.RLIM_INFINITY, MOST), (10, 1)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert most() == expected
