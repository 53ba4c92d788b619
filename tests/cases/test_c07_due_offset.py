"""C07: labctl.due_offset_ms counts from the run's start, in every process alike, and is never negative."""

from pathlib import Path

import pytest

from labctl.telemetry.trace import Trace
from labctl.viewer_client.client import ViewerClient
from tests.contract.conftest import fresh_lab


def test_offsets_are_those_of_the_schedule(tmp_path: Path) -> None:
    driver, ids = fresh_lab("otelcol", tmp_path), tmp_path / "ids"
    with driver.up():
        driver.run("load", "--rps", "200", "-c", "20", "-n", "100", "--processes", "2", "--trace-ids", str(ids))
        viewer = ViewerClient(driver.url("VIEWER"))
        offsets = sorted(_offset(viewer.trace(trace_id)) for trace_id in ids.read_text().split()[::5])
    assert len(offsets) == 20
    assert offsets[0] >= 0.0
    assert [round(offset / 5) * 5.0 for offset in offsets] == pytest.approx(offsets, abs=0.01)     # every 5 ms
    assert len({round(offset) for offset in offsets}) == 20


def _offset(trace: Trace | None) -> float:
    assert trace
    name = "labctl.due_offset_ms"
    return next(float(span.attributes[name]) for span in trace.spans if name in span.attributes)
