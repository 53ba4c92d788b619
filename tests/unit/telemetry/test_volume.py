"""The bytes of telemetry by signal and service, and how well they compress."""

import gzip
from typing import Any

import pytest

from labctl.telemetry.otlp.batch import Batch
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.receive.volume import MOST_SERVICES, OTHERS, VolumeCounter
from labctl.viewer_client.client import ViewerClient
from tests.unit.telemetry import requests
from tests.viewer import Viewer

SIGNALS = {"traces": requests.traces(40), "metrics": requests.counter(3), "logs": requests.logs("x" * 300)}


def counted(*batches: Batch, seconds: float = 0.0) -> Any:
    counter = VolumeCounter(lambda: seconds)
    for batch in batches:
        counter.count(batch)
    return counter.as_json()


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_bytes_of_the_services_add_up_to_the_request(signal: str) -> None:
    body = SIGNALS[signal] + SIGNALS[signal].replace(b"svc", b"two")        # two requests joined are a request of both
    batch = decode(signal, body)
    assert set(batch.sent) == {"svc", "two"}
    assert batch.sent.total() == len(body)
    assert batch.sent["svc"] == batch.sent["two"]


def test_what_a_batch_shares_is_sent_with_each_export() -> None:
    whole = counted(decode("traces", requests.traces(40)), seconds=5.0)["traces"]
    parts = counted(*(decode("traces", requests.traces(1, first=n)) for n in range(1, 41)))["traces"]["services"]["svc"]
    sent = whole["services"]["svc"]
    assert (sent["exports"], parts["exports"], sent["items"], parts["items"]) == (1, 40, 80, 80)
    assert parts["bytes"] - sent["bytes"] == pytest.approx(39 * whole["sample"]["shared"], rel=0.1)


def test_one_export_in_a_second_is_compressed() -> None:
    body = requests.traces(40)
    sample = counted(decode("traces", body), decode("traces", body), seconds=5.0)["traces"]["sample"]
    assert sample["bytes"] == len(body)
    assert sample["compressed"] == pytest.approx(len(gzip.compress(body, 6)), abs=2)


def test_names_of_services_are_bounded() -> None:
    batches = [decode("traces", requests.traces(1, service=f"s{number}")) for number in range(MOST_SERVICES + 10)]
    services = counted(*batches)["traces"]["services"]
    assert len(services) == MOST_SERVICES + 1
    assert (services[OTHERS]["exports"], services[OTHERS]["items"]) == (10, 20)


def test_the_viewer_counts_both_transports_and_what_was_compressed(viewer: Viewer) -> None:
    body = requests.traces(40)
    viewer.export(body)
    viewer.send(gzip.compress(body), {"content-encoding": "gzip"})
    volume = ViewerClient(viewer.url).volume()
    assert volume["signals"]["traces"]["services"]["svc"]["bytes"] == 2 * len(body)
    assert volume["started"] <= volume["at"]
