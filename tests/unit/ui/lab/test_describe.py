"""What `describe` shows of a component."""

from dataclasses import replace

from labctl.description import Description, Mount, Occurrence, PortInUse, Probe, Replica, Resource
from labctl.ui.lab.describe import render
from tests.unit.ui.conftest import Draw

IN_A_CLUSTER = Description(
    "collector", "starting", "restarting: OOMKilled", "labctl up --set collector.limits.memory=512Mi",
    [Replica("otel-5d9f", "CrashLoopBackOff", ready=False, started=30.0, restarts=3, reason="OOMKilled, exit code 137")],
    "otel/opentelemetry-collector-contrib:0.155.0", ["--config=/etc/otelcol/collector.yaml"], "",
    {"LISTEN_HOST": "0.0.0.0", "EVIL": "\x1b[2J"},
    [Resource("requests.memory", "24Mi", override=False), Resource("limits.memory", "24Mi", override=True)],
    probes=[Probe("readiness", "GET / on port health, every 1 s, within 1 s, fails after 3")],
    ports=[PortInUse("otlp-grpc", 4317, service="otel-collector:4317 (ClusterIP)", in_cluster=True)],
    mounts=[Mount("/etc/otelcol", "ConfigMap otel-collector-config, read-only")],
    events=[Occurrence(90.0, warning=True, reason="BackOff", text="Back-off restarting", about="Pod otel-5d9f", count=4)],
    log=['{"level": "ERROR", "message": "out of memory"}'],
)


def test_each_aspect_is_shown(draw: Draw) -> None:
    drawn = draw(render(IN_A_CLUSTER, 100.0), 120)

    for part in (
        "collector: starting, restarting: OOMKilled", "3 restarts (the last: OOMKilled, exit code 137)",
        "limits.memory  24Mi  set with up --set", "otlp-grpc 4317  otel-collector:4317 (ClusterIP)  no pod behind it",
        "10 s ago  BackOff (4 times): Back-off restarting",
        "LISTEN_HOST=0.0.0.0", "try: labctl up --set collector.limits.memory=512Mi",
    ):
        assert part in drawn, part


def test_that_there_is_no_pod_is_said(draw: Draw) -> None:
    assert "pods         none" in draw(render(replace(IN_A_CLUSTER, instances=()), 100.0), 120)


def test_what_comes_from_outside_cannot_move_the_cursor(draw: Draw) -> None:
    assert "\x1b[2J" not in draw(render(IN_A_CLUSTER, 100.0), 120)


def test_a_component_of_which_nothing_is_known_is_drawn(draw: Draw) -> None:
    drawn = draw(render(Description("service", "absent", hint="labctl up"), 0.0), 60)

    assert drawn.split() == ["service:", "absent", "try:", "labctl", "up"]
