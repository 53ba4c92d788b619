"""Sends stored spans through a collector of its own, with the lab's configuration and a switch in it, and reads what comes out.

Subtle: a collector that ends decides about every trace that it still holds, so nobody waits for tail sampling's wait.
"""

import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from labctl.components import COLLECTOR
from labctl.errors import LabError, Refused
from labctl.host import documents, ports
from labctl.host.commands import Job
from labctl.host.http import post
from labctl.load.sampling.stored_traces import requests
from labctl.model import LabSpec
from labctl.switches.composing import Overlay, compose
from labctl.switches.parts import parts
from labctl.telemetry.comparison.span_page import SpanPage

_SPANS: Final = 2000                    # in one request
_BEGIN_S: Final = 10.0
_END_S: Final = 30.0
_AGAIN_S: Final = 0.2
_TRIES: Final = 50                      # of a request that the collector refuses for lack of memory
_OK: Final = 200
_BUSY: Final = frozenset({429, 503})


def kept(spec: LabSpec, on: dict[str, str], pages: Iterable[SpanPage], traces: int) -> Counter[str]:
    """The number of spans that come out, by trace id. `traces`: how many there are, which tail sampling has to hold at once.

    Raises Refused without the collector's program, LabError where it does not do its work.
    """
    program = next((found for name in COLLECTOR.process.programs if (found := shutil.which(name))), None)
    if program is None:
        raise Refused(f"there is no {COLLECTOR.process.programs[0]} on the PATH to replay through", advice="install it: https://opentelemetry.io/docs/collector/install/")
    with tempfile.TemporaryDirectory(prefix="labctl-what-if-") as folder:
        out, free = Path(folder) / "out.json", dict(zip(spec.ports, ports.free(len(spec.ports)), strict=True))
        here = replace(spec, ports=free, state=Path(folder))
        given = parts(here, on)
        own = given.configs["collector.yaml"]
        env = {name: text.format_map(free) for name, text in COLLECTOR.process.env.items()}
        env |= {**given.env.get(COLLECTOR.name, {}), "EXPORTERS": "[debug]"}
        config = Path(folder) / "collector.yaml"
        overlay = _to_file(own, out, traces)
        config.write_text(compose(Overlay("the lab's configuration", own), [overlay], env))
        _run(Job([program, f"--config={config}"], env={"PATH": os.environ.get("PATH", ""), **env}), free["otlp_http"], pages)
        return _read(out)


def _to_file(config: str, out: Path, traces: int) -> Overlay:
    [document] = documents.parse_yaml(config, "the lab's configuration")
    changed: dict[str, object] = {
        "exporters": {"file": {"path": str(out)}}, "service": {"pipelines": {"traces": {"exporters": ["file"]}}},
    }
    if document.field("processors").field("tail_sampling").present:
        changed["processors"] = {"tail_sampling": {"num_traces": traces + 1}}
    return Overlay("the replay's", documents.as_yaml(changed))


def _run(collector: Job, port: int, pages: Iterable[SpanPage]) -> None:
    try:
        if not ports.wait_until_answers(port, _BEGIN_S):
            collector.check()
            raise LabError("the collector does not begin", detail=collector.said().decode(errors="replace")[-2000:])
        for page in pages:
            for body in requests(page, _SPANS):
                _send(f"http://{ports.LOOPBACK}:{port}/v1/traces", body)
        collector.end(_END_S)
    finally:
        collector.close()


def _send(url: str, body: bytes) -> None:
    for _ in range(_TRIES):
        answer = post(url, body, {"content-type": "application/json"})
        if answer.status == _OK:
            return
        if answer.status not in _BUSY:
            break
        time.sleep(_AGAIN_S)
    raise LabError(f"the collector answered {answer.status}", detail=answer.excerpt())


def _read(out: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    with out.open("rb") as lines:
        for line in lines:
            for resource in json.loads(line)["resourceSpans"]:
                found.update(span["traceId"] for scope in resource["scopeSpans"] for span in scope["spans"])
    return found
