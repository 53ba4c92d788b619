"""C34: an OTEL_* value that cannot be used ends the service at once with one line; with tracing off, `up` does not wait."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.driver import ROOT, Driver, a_name

WRONG = {
    "OTEL_EXPORTER_OTLP_HEADERS": "x team=1",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "soon",
    "OTEL_BSP_SCHEDULE_DELAY": "abc",
    "OTEL_SDK_DISABLED": "yes",
    "OTEL_TRACES_SAMPLER": "nonsense",
    "OTEL_TRACES_SAMPLER_ARG": "x",
    "OTEL_TRACES_EXPORTER": "jaeger",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "/no/such/file.pem",
    "OTEL_RESOURCE_ATTRIBUTES": "team",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4317",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many",
    "OTEL_METRIC_EXPORT_INTERVAL": "0",
}
OFF = {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none", "OTEL_TRACES_SAMPLER": "always_off"}


def serve(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The service as a target starts it; it is expected to end by itself."""
    auto_instrumentation = find_spec("opentelemetry.instrumentation.auto_instrumentation")
    assert auto_instrumentation
    assert auto_instrumentation.origin
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | {
        "PYTHONPATH": f"{Path(auto_instrumentation.origin).parent}:{ROOT}:{ROOT / 'service' / '_entry'}",
        "OTEL_PYTHON_DISTRO": "lab", "OTEL_PYTHON_CONFIGURATOR": "lab", "PORT": "0"} | variables
    return subprocess.run(
        [sys.executable, "-m", "service"], env=environ, cwd=folder, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_the_service_names_the_variable_and_ends(tmp_path: Path, name: str, value: str) -> None:
    ended = serve(tmp_path, **{name: value})
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith(f"service: {name}={value!r} cannot be used: ")


@pytest.mark.parametrize("value", ["nonsense", "tracecontext,b4"])
def test_a_wrong_propagator_ends_without_a_traceback(tmp_path: Path, value: str) -> None:
    """OpenTelemetry reads this variable while it is imported, before any check of ours, and Python reports that too."""
    ended = serve(tmp_path, OTEL_PROPAGATORS=value)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith(f"service: OTEL_PROPAGATORS={value!r} cannot be used: ")


def test_the_port_of_the_other_protocol(tmp_path: Path) -> None:
    ended = serve(tmp_path, OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4317")
    assert ended.returncode == 2
    assert "port 4317 does not speak http/protobuf" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_what_only_the_sdk_can_find_is_one_line_too(tmp_path: Path) -> None:
    ended = serve(tmp_path, OTEL_CONFIG_FILE="otel.yaml")
    assert ended.returncode == 2
    assert ended.stderr.startswith("service: OpenTelemetry cannot be set up: ")
    assert "opentelemetry-configuration" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", [b"APP_ENV=caf\xe9\n", b"APP_ENV=a\x00b\n"])
def test_a_file_of_settings_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    ended = serve(tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("service: .env cannot be read")
    assert len(ended.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("c34"), tmp_path_factory.mktemp("state"))
    yield driver
    driver.run("down", code=None)


@pytest.mark.parametrize(("name", "value"), OFF.items())
def test_up_does_not_wait_for_a_trace_when_tracing_is_off(lab: Driver, name: str, value: str) -> None:
    lab.settings = {name: value}
    lab.run("up")
    hops = lab.json("check")["hops"]
    assert [(hop["hop"], hop["ok"]) for hop in hops] == [("service", True)]
    assert "no trace to wait for" in json.dumps(hops)
    ledger = lab.json("load", "-n", "20", "--rps", "50")["ledger"]
    assert (ledger["lost"], ledger["expected_spans"]) == ([], 20)


@pytest.mark.parametrize(("name", "value", "shown"), [
    ("OTEL_EXPORTER_OTLP_HEADERS", "x team=1", "(not shown)"), ("OTEL_BSP_SCHEDULE_DELAY", "abc", "abc"),
    ("OTEL_PROPAGATORS", "nonsense", "nonsense"),
])
def test_up_shows_the_line_of_the_service(tmp_path: Path, name: str, value: str, shown: str) -> None:
    driver = Driver(a_name("c34"), tmp_path, settings={name: value})
    failed = driver.run("up", code=None)
    driver.run("down", code=None)
    assert failed.returncode != 0
    assert f"{name}={shown!r} cannot be used" in failed.stderr
