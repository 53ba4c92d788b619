"""Where telemetry of --export is to be fetched, as `up` and `status` say it."""

from pathlib import Path

import pytest

from labctl.targets import fetched

ON = {"export": "file,prometheus:9464,jaeger"}


def test_processes_and_a_cluster_say_where() -> None:
    assert fetched.of_processes(Path("/state"), ON) == {"file": "/state/export", "prometheus": "http://127.0.0.1:9464/metrics"}
    assert fetched.in_cluster("mine", {"export": "prometheus"}) == {"prometheus": "http://otel-collector.mine:8889/metrics"}


@pytest.mark.parametrize("switches", [{}, {"export": "off"}, {"export": "jaeger,http://backend:4318"}])
def test_without_them_there_is_nothing(switches: dict[str, str]) -> None:
    assert not fetched.of_processes(Path("/state"), switches)
