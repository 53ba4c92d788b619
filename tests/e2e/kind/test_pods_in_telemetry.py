"""Telemetry says which pod it is from: without it, `labctl why` could not tell a slow replica from the others."""

from labctl.host.http import get
from tests.driver import Driver


def test_each_pod_of_the_service_names_itself(kind_lab: Driver) -> None:
    kind_lab.run("up", "--set", "service.replicas=2", "--timeout", "180s", timeout=240)
    try:
        kind_lab.run("load", "-n", "200", "-c", "20", "--rps", "50", timeout=120)
        run_id = kind_lab.json("runs")["runs"][-1]["run_id"]
        origins = get(f"{kind_lab.url('VIEWER')}/api/spans?run={run_id}", timeout_s=10).json()["origins_table"]
        pods = {one["resource"].get("k8s.pod.name") for one in origins if one["service"] != "labctl"}
        assert len(pods) == 2
        assert None not in pods
        compared = kind_lab.json("why", "last", "--above", "1ms", code=None)
        assert compared["requests"] == 200
    finally:
        kind_lab.run("up", "--unset", "service.replicas", "--timeout", "180s", timeout=240)
