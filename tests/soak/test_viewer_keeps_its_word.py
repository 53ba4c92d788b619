"""Bar 3: 2 000 requests at 200/s beside a client that sends everything bad; ten kills while every batch is sent twice."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import grpc
import pytest

from labctl.host.http import Unreachable
from labctl.viewer_client.client import ViewerClient
from tests.cases import bad_client
from tests.driver import Driver, a_name
from tests.unit.telemetry import requests
from tests.viewer import Viewer

KILLS, BATCHES, TRACES_A_BATCH = 10, 200, 25


@pytest.mark.timeout(300)
def test_a_load_beside_a_bad_client(tmp_path: Path) -> None:
    lab = Driver(a_name("word"), tmp_path, settings={"DEFAULT_LATENCY_MS": "5"})
    with lab.up():
        with bad_client.beside(lab.url("OTLP_HTTP"), lab.url("VIEWER")) as statuses:
            run = lab.json("load", "-n", "2000", "-c", "20", "--rps", "200", timeout=120)
        spans = list(ViewerClient(lab.url("VIEWER")).run_spans(run["run_id"]))
    print(f"{len(statuses)} bad requests; {len(spans)} spans stored; ledger: {run.get('ledger')}")
    assert len(spans) == len({(span.trace_id, span.span_id) for span in spans}) == 10_000


@pytest.mark.timeout(300)
def test_ten_kills_while_every_batch_is_sent_twice(tmp_path: Path) -> None:
    viewer = Viewer(tmp_path)
    done = threading.Event()

    def send() -> None:
        for number in range(BATCHES):
            body = requests.traces(TRACES_A_BATCH, first=1 + number * TRACES_A_BATCH)
            for way in (over_grpc, over_http):
                while not way(viewer, body):
                    time.sleep(0.01)
        done.set()

    sender = threading.Thread(target=send)
    sender.start()
    kills = 0
    while not done.is_set() or kills < KILLS:
        if kills < KILLS:
            time.sleep(0.15)
            viewer.kill()
            viewer.start()
            kills += 1
        done.wait(0.1)
    sender.join()
    stored = viewer.counts()["spans"]
    viewer.kill()
    print(f"{kills} kills; {stored} spans stored of {BATCHES * TRACES_A_BATCH * 2} that were sent twice")
    assert stored == BATCHES * TRACES_A_BATCH * 2


def over_grpc(viewer: Viewer, body: bytes) -> bool:
    with suppress(grpc.RpcError):
        viewer.export(body)
        return True
    return False


def over_http(viewer: Viewer, body: bytes) -> bool:
    with suppress(Unreachable):
        return viewer.send(body).status == 200
    return False
