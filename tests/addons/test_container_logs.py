"""manifests/container-logs less the receiver that the collector here lacks: a line of a container leads to its trace."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.cases.spans import wait_until
from tests.driver import ROOT, Driver, a_name, free_ports

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not all(map(shutil.which, ("otelcol-contrib", "victoria-logs"))),
        reason="otelcol-contrib and victoria-logs are not both on the PATH",
    ),
]
CONFIG = ROOT / "manifests" / "container-logs" / "config.yaml"
POD = {"k8s.namespace.name": "ai-ml-lab-2-2", "k8s.pod.name": "ai-lab-2-2-paid-1", "k8s.container.name": "service"}


def configuration(lab: Driver, folder: Path, port: int, health: int) -> dict[str, object]:
    """With an OTLP receiver in place of the files, and the addresses of this machine."""
    found = yaml.safe_load(yaml.safe_load(CONFIG.read_text())["data"]["collector.yaml"])
    assert set(found["receivers"]) == {"filelog"}
    found["receivers"] = {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{port}"}}}}
    found["service"]["pipelines"]["logs"]["receivers"] = ["otlp"]
    found["extensions"] = {
        "health_check": {"endpoint": f"127.0.0.1:{health}"}, "file_storage": {"directory": str(folder)},
    }
    found["exporters"]["otlp_grpc"]["endpoint"] = lab.url("OTLP_GRPC").removeprefix("http://")
    return dict(found)


def send(port: int, *lines: str) -> bool:
    records = [{"timeUnixNano": str(time.time_ns()), "body": {"stringValue": line}} for line in lines]
    attributes = [{"key": name, "value": {"stringValue": text}} for name, text in POD.items()]
    body = {"resourceLogs": [{"resource": {"attributes": attributes}, "scopeLogs": [{"logRecords": records}]}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/logs", json.dumps(body).encode(), {"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as done:
            return bool(done.status == 200)
    except OSError:
        return False


def test_a_line_of_a_container_leads_to_its_trace(tmp_path: Path) -> None:
    lab = Driver(a_name("containers"), tmp_path)
    port, health = free_ports(2)
    with lab.up("--with", "logs"):
        trace_id = lab.json("predict", "1", "2", "3")["trace_id"]
        line = next(one for one in lab.run("logs", "service", "--tail", "20").stdout.splitlines() if trace_id in one)
        own = line[line.index("{"):]
        file = tmp_path / "collector.yaml"
        file.write_text(yaml.safe_dump(configuration(lab, tmp_path, port, health)))
        words = ["otelcol-contrib", "--config", str(file)]
        with (tmp_path / "log").open("w") as log, subprocess.Popen(words, stderr=log, env={**os.environ}) as one:
            try:
                wait_until(lambda: send(port, own, "a line without a trace"), 30)
                query = f"trace_id:{trace_id} k8s.container.name:service"
                wait_until(lambda: lab.json("logs", "--query", query)["records"] != [], 30)
            finally:
                one.terminate()
        record, = lab.json("logs", "--query", query)["records"]
        assert (record["trace_id"], json.loads(record["message"])["trace_id"]) == (trace_id, trace_id)
        assert len(lab.json("trace", record["trace_id"])["spans"]) == 5
        other, = lab.json("logs", "--query", '"a line without a trace"')["records"]
        assert not other["trace_id"]
