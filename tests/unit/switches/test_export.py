"""What --export takes, and what a value adds to the lab."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.config import load
from labctl.errors import UsageError
from labctl.host.documents import kustomization
from labctl.switches import building
from labctl.switches.destinations import PRESETS, at_host, at_port, destinations, loopbacks, scraped_port, without
from labctl.switches.export import effect
from tests.driver import ROOT

MANIFESTS = ROOT / "manifests"


def built(text: str) -> dict[str, Any]:
    """By kind and name."""
    nodes = building.build(MANIFESTS, MANIFESTS, {"export": text}).objects
    return {f"{one.value['kind']} {one.value['metadata']['name']}": one.value for one in nodes}


def collector(text: str) -> Any:
    config_map = built(text)["ConfigMap otel-collector-config"]
    return yaml.safe_load(config_map["data"]["collector.yaml"])


@pytest.mark.parametrize(("text", "name"), [
    ("https://backend.example", "backend-example"), ("https://backend.example:4318/", "backend-example"),
    ("http://127.0.0.1:5318", "at-127-0-0-1-5318"), ("grpc://otel:4317", "otel"), ("https://[::1]:4318", "at-1"),
    ("mine=https://backend.example:4318/otlp", "mine"), ("honeycomb=https://api.eu1.honeycomb.io", "honeycomb"),
    ("http://viewer:4318", "at-viewer"), ("http://jaeger:4318", "at-jaeger"), ("https://x.example/otlp?a=1", ""),
])
def test_the_name_of_an_address(text: str, name: str) -> None:
    if not name:
        with pytest.raises(ValueError, match="an address such as"):
            destinations(text)
        return
    assert [one.name for one in destinations(text)] == [name]


@pytest.mark.parametrize("text", [
    "", ",", "prometheus,prometheus", "http://", "ftp://x", "http://x:99999", "http://user:secret@x", "viewer=http://x", "-x=http://y",
    "jaeger=grpc://x", "prometheus:70000", "http://a,http://a", "somewhere", "x=file", "http://x/${env:HOME}", "http://a b",
    "prometheus:0", "prometheus:4317", "prometheus:8888",
    "aws-xray=http://localhost:4318", "azure-monitor=https://x.example",
])
def test_what_is_no_destination_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        destinations(text)


def test_several_backends_have_pipelines_queues_and_policies_of_their_own() -> None:
    text = "https://one.example,other=grpc://two.example:9317,prometheus,file"
    config, objects = collector(text), built(text)
    assert {"otlp_http/one-example", "otlp_grpc/other", "prometheus", "file/traces"} <= config["exporters"].keys()
    pipelines = config["service"]["pipelines"]
    assert pipelines["traces"]["exporters"] == ["debug", "otlp_http/viewer", "forward/export"]
    assert pipelines["traces/other"]["exporters"] == ["otlp_grpc/other"]
    assert "traces/prometheus" not in pipelines
    ports = {name: objects[f"NetworkPolicy otel-collector-to-{name}"]["spec"]["egress"][0]["ports"][0]["port"]
             for name in ("one-example", "other")}
    assert ports == {"one-example": 443, "other": 9317}
    env = {one["name"]: one.get("value") for one in objects["Deployment otel-collector"]["spec"]["template"]["spec"]
           ["containers"][0]["env"]}
    assert env["ONE_EXAMPLE_ENDPOINT"] == "https://one.example"
    assert env["OTHER_ENDPOINT"] == "http://two.example:9317"
    assert "BACKEND_ENDPOINT" not in env


def test_no_exporter_of_a_backend_can_hold_the_others_up() -> None:
    for name, exporter in collector("https://a.example,grpc://b.example,jaeger,tempo,loki")["exporters"].items():
        queue = exporter.get("sending_queue", {}) if isinstance(exporter, dict) else {}
        assert bool(queue.get("block_on_overflow")) == (name == "otlp_http/viewer"), name


def test_another_port_for_prometheus_is_the_one_everywhere() -> None:
    objects = built("prometheus:9464")
    assert "8889" not in yaml.safe_dump({name: one for name, one in objects.items() if "ConfigMap" not in name})
    assert objects["Service otel-collector"]["spec"]["ports"][-1]["port"] == 9464


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_folder_that_can_be_applied(name: str) -> None:
    assert effect(name).copies[0].folder == f"export-{name}"
    found = kustomization.build(MANIFESTS, building.folders(MANIFESTS, {"export": name})).objects
    assert any(one.value["metadata"]["name"] == f"otel-collector-to-{name}" for one in found)
    text = (MANIFESTS / "switches" / f"export-{name}" / "collector.yaml").read_text()
    assert "Tried: " in text.partition("connectors:")[0]


@pytest.mark.parametrize(("text", "variables"), [
    ("loki=http://h:3100", {"LOKI_ENDPOINT": "http://h:3100/otlp"}), ("loki=http://h/own", {"LOKI_ENDPOINT": "http://h/own"}),
    ("elasticsearch=https://h:9200", {"ELASTICSEARCH_ENDPOINT": "https://h:9200/_otlp"}),
    ("tempo=http://h:4318", {"TEMPO_ENDPOINT": "http://h:4318"}),
    ("aws-xray=https://xray.us-gov-west-1.amazonaws.com",
     {"AWS_XRAY_ENDPOINT": "https://xray.us-gov-west-1.amazonaws.com", "AWS_REGION": "us-gov-west-1"}),
])
def test_what_an_address_of_a_preset_sets(text: str, variables: dict[str, str]) -> None:
    assert effect(text).env == {"collector": variables}


def left_out(config: Any, program: str) -> set[str]:
    """Take out what the collector lacks; returns it."""
    listed = yaml.safe_load(subprocess.run([program, "components"], capture_output=True, timeout=30, check=True).stdout)
    lacks = set()
    for kind, users in (("extensions", [config["service"]]), ("processors", list(config["service"]["pipelines"].values()))):
        known = {one["name"] for one in listed[kind]}
        for component in [one for one in config[kind] if one.partition("/")[0] not in known]:
            lacks.add(component)
            del config[kind][component]
            for user in users:
                user[kind] = [one for one in user.get(kind, ()) if one != component]
            for exporter in config["exporters"].values():
                if exporter and exporter.get("auth") == {"authenticator": component}:
                    del exporter["auth"]
    return lacks


@pytest.mark.parametrize("name", PRESETS)
def test_the_collector_accepts_every_preset_but_for_what_it_lacks(name: str, tmp_path: Path) -> None:
    """Which is what the folder says it was tried without."""
    program = shutil.which("otelcol-contrib")
    if not program:
        pytest.skip("otelcol-contrib is not on the PATH")
    config = collector(name)
    lacks = left_out(config, program)
    tried = (MANIFESTS / "switches" / f"export-{name}" / "collector.yaml").read_text().partition("Tried: ")[2]
    assert lacks <= set(re.findall(r"without (\w+)", tried.partition("\n")[0]))
    file = tmp_path / "collector.yaml"
    file.write_text(yaml.safe_dump(config))
    words = [program, "validate", "--config", str(file)]
    checked = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert checked.returncode == 0, checked.stderr


def test_one_destination_can_be_left_out() -> None:
    assert without("prometheus,mine=https://x.example,https://y.example:4318", "mine") == "prometheus,https://y.example:4318"
    assert without("jaeger", "jaeger") == ""


@pytest.mark.parametrize(("text", "elsewhere"), [
    ("http://127.0.0.1:4318", "http://host:4318"), ("grpc://localhost", "grpc://host"), ("https://[::1]:4318/otlp", "https://host:4318/otlp"),
    ("file, mine=http://127.1.2.3", "file,mine=http://host"), ("http://0.0.0.0:4318,jaeger", "http://host:4318,jaeger"),
    ("jaeger,http://localhost.example,https://128.0.0.1:4318", ""),
])
def test_addresses_of_the_machine_itself_are_told_from_others(text: str, elsewhere: str) -> None:
    assert bool(loopbacks(text)) == bool(elsewhere)
    assert at_host(text, "host") == (elsewhere or text)


def test_the_port_that_prometheus_scrapes() -> None:
    assert [scraped_port(text) for text in ("file", "file,prometheus", "prometheus:9464")] == [0, 8889, 9464]
    assert at_port("file,prometheus,jaeger", 9464) == "file,prometheus:9464,jaeger"


def test_the_words_of_a_copied_folder_are_replaced_in_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [one.yaml]\n")
    (tmp_path / "one.yaml").write_text("kind: Service\nmetadata: {name: backend}\n")
    part = kustomization.KustomizeComponent(tmp_path, (("backend", "other"),))
    assert kustomization.build(MANIFESTS, [part]).objects[-1].value["metadata"] == {"name": "other"}


@pytest.mark.parametrize(("typed", "near"), [("honycomb", "honeycomb"), ("prometeus", "prometheus"), ("Jaeger", "jaeger")])
def test_a_word_that_is_close_to_a_preset_is_answered_with_it(
    typed: str, near: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["labctl", "up", "--export", f"file,{typed}"])
    with pytest.raises(UsageError, match=f"--export file,{typed}: expected {near}, to which {typed} is close") as refused:
        load({"LABCTL_EXPORT": f"file,{typed}"}, {}, tmp_path)
    assert refused.value.hint == f"labctl up --export file,{near}"
