"""C21: a hundred bodies of a gigabyte of zeros each, gzipped, at once, over HTTP and gRPC; a query beside them is answered."""

import threading
import time
import zlib
from collections.abc import Callable
from functools import cache

import grpc
import pytest

from labctl.host.http import get
from tests.unit.telemetry import requests
from tests.viewer import Viewer

AT_ONCE = 100
MOST_GROWTH = 128 << 20


@cache
def bomb() -> bytes:
    """A gigabyte of zeros."""
    deflater, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    return b"".join(deflater.compress(zeros) for _ in range(1024)) + deflater.flush()


def over_http(viewer: Viewer) -> int:
    return viewer.send(bomb(), {"content-encoding": "gzip"}).status


def over_grpc(viewer: Viewer) -> int:
    with pytest.raises(grpc.RpcError) as error:
        # compressed already: the channel is told that it is the message, as a client that compresses would send it
        viewer.export(bomb())
    return int(error.value.code().value[0])


@pytest.mark.timeout(180)
@pytest.mark.parametrize("send", [over_http, over_grpc])
def test_bombs_cost_nobody_anything(viewer: Viewer, send: Callable[[Viewer], int]) -> None:
    bomb()
    viewer.send(requests.traces())
    before, most, slowest = viewer.rss(), 0, 0.0
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(send(viewer))) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        begun = time.monotonic()
        assert get(f"{viewer.url}/api/traces/{requests.span_ids(1)[0].hex()}", timeout_s=5).status == 200
        slowest, most = max(slowest, time.monotonic() - begun), max(most, viewer.rss())
        time.sleep(0.02)
    print(f"grew by {(most - before) >> 20} MiB, slowest query {slowest:.3f} s")
    assert len(statuses) == AT_ONCE
    assert set(statuses) <= ({413, 429} if send is over_http else {3, 14})
    assert most - before < MOST_GROWTH
    assert slowest < 1


def test_messages_that_grpc_compresses_are_taken(viewer: Viewer) -> None:
    for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate, grpc.Compression.NoCompression):
        viewer.export(requests.traces(20), compression=compression)
    counts = viewer.counts()
    assert (counts["spans"], counts["accepted"]) == (40, {"traces.grpc": 120})
