"""C25: a trace of 100 000 spans is shown within three seconds, as a waterfall and as JSON; also one chain of that depth."""

import json
import os
import time
from pathlib import Path

import pytest

from tests.cases import otlp
from tests.driver import Driver, a_name, path_without_collector
from tests.viewer import PROTOBUF

SPANS, LIMIT_S = 100_000, 3.0


def own(number: int) -> bytes:
    return (number + 1).to_bytes(8, "big")


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_100_000_spans(tmp_path: Path) -> None:
    from labctl.host.http import post

    lab = Driver(a_name("huge"), tmp_path, path=path_without_collector())
    wide, deep = otlp.trace_id(), otlp.trace_id()
    attributes = tuple(otlp.attribute(b"key%d" % n, otlp.text(b"value")) for n in range(4))
    with lab.up():
        for first in range(0, SPANS, 5000):
            numbers = range(first, first + 5000)
            spans = [otlp.span(wide, own(n), b"GET", parent=own(0) if n else b"", attributes=attributes) for n in numbers]
            spans += [otlp.span(deep, own(n), b"step", parent=own(n - 1) if n else b"", attributes=attributes) for n in numbers]
            assert post(f"{lab.url('VIEWER')}/v1/traces", otlp.request(*spans), PROTOBUF, 60).status == 200
        for trace, shape in ((wide, "wide"), (deep, "deep")):
            took = []
            for words in (("trace", trace.hex()), ("trace", trace.hex(), "-o", "json")):
                begun = time.monotonic()
                out = lab.run(*words).stdout
                took.append(time.monotonic() - begun)
                print(f"{shape} {words[-1]}: {took[-1]:.2f} s")
            assert len(json.loads(out)["spans"]) == SPANS
            if os.getloadavg()[0] < 1.5:                    # else it measures the others on this machine
                assert max(took) < LIMIT_S
