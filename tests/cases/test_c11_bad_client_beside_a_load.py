"""C11, C13: one client that sends what makes no sense costs the others nothing, at the collector and at the viewer."""

import os
from pathlib import Path

import pytest

from labctl.viewer_client.client import ViewerClient
from tests.cases import bad_client
from tests.driver import Driver, a_name, collector_on_path, path_without_collector


@pytest.mark.e2e
@pytest.mark.timeout(180)
@pytest.mark.parametrize("collector", ["otelcol", "embedded"])
def test_every_span_of_the_load_is_stored(tmp_path: Path, collector: str) -> None:
    if collector == "otelcol" and not collector_on_path():
        pytest.skip("otelcol is not on the PATH: batches of several clients are not made here")
    path = os.environ["PATH"] if collector == "otelcol" else path_without_collector()
    lab = Driver(a_name("bad"), tmp_path, path=path, settings={"DEFAULT_LATENCY_MS": "5"})
    with lab.up():
        with bad_client.beside(lab.url("OTLP_HTTP"), lab.url("VIEWER")) as statuses:
            run = lab.json("load", "-n", "200", "-c", "10", "--rps", "80", timeout=90)
        counts = ViewerClient(lab.url("VIEWER")).run_counts(run["run_id"])
        assert (counts["traces"], counts["spans"]) == (200, 1000)
        assert len(statuses) > 40
        assert set(statuses) <= {200, 400}
