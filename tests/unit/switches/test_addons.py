"""--with: which add-ons a value names, what they bring, and where they meet --export."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl import components
from labctl.config import load
from labctl.errors import UsageError
from labctl.host.documents import kustomization
from labctl.switches import addons, building, chosen
from labctl.switches.addons import ADD_ONS
from tests.driver import ROOT

MANIFESTS = ROOT / "manifests"


@pytest.mark.parametrize("text", [
    "", ",", "tempo", "jaeger:16686", "prometheus:0", "prometheus:8888", "prometheus:70000", "prometheus:٤٢", "A",
])
def test_what_is_no_add_on_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="prometheus"):
        ADD_ONS.allowed(text)


@pytest.mark.parametrize(("switch", "text", "line"), [
    ("with", "prometheus,jaegr", "labctl up --with prometheus,jaeger"),
    ("with", "promtheus:9464", "labctl up --with prometheus:9464"),
    ("with", "prometheus,victoria-logs", "labctl up --with prometheus,logs"),
    ("with", "tempo", ""),
    ("mesh", "linkrd", "labctl up --mesh linkerd"),
])
def test_a_word_that_is_close_to_a_name_is_answered_with_it(
    switch: str, text: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["labctl", "up", f"--{switch}", text])
    with pytest.raises(UsageError, match=f"--{switch} {text}: expected ") as refused:
        load({f"LABCTL_{switch.upper()}": text}, {}, tmp_path)
    assert refused.value.hint == line


def test_the_names_are_recorded_in_the_tables_order() -> None:
    assert chosen.merged({}, {"with": " logs, prometheus,logs"}) == {"with": "prometheus,logs"}


def test_the_components_of_a_lab_are_its_own_and_those_of_its_add_ons() -> None:
    assert components.of({}) == components.COMPONENTS
    assert [one.name for one in components.of({"with": "prometheus:8899,logs"})][3:] == ["prometheus", "victoria-logs"]


def test_without_prometheus_what_needs_it_goes_too() -> None:
    assert addons.without("prometheus,grafana,jaeger,alertmanager", {"prometheus"}) == "jaeger"
    assert addons.without("grafana", {"prometheus"}) == "off"
    assert addons.without("prometheus,grafana", {"grafana"}) == "prometheus"
    assert addons.without("jaeger,grafana,prometheus:9464", {"grafana"}) == "prometheus:9464,jaeger"


def test_each_add_on_has_a_folder() -> None:
    for name in addons.NAMES:
        assert (MANIFESTS / "addons" / name / "kustomization.yaml").is_file()
    assert f"addons/{addons.NAMES[0]}" in chosen.folders({"with": addons.NAMES[0]})


def test_prometheus_scrapes_the_port_that_is_exported() -> None:
    on = chosen.merged({"export": "prometheus:8899"}, {"with": "prometheus"})
    assert on["with"] == "prometheus:8899"
    assert addons.scraped(on) == addons.scraped({"with": on["with"]}) == 8899
    built = building.build(MANIFESTS, MANIFESTS, on).objects
    texts = {key: text for item in built if item.value["kind"] == "ConfigMap" for key, text in item.value["data"].items()}
    assert "otel-collector:8899" in texts["prometheus.yaml"]
    assert "metrics/prometheus:" in texts["collector.yaml"]


def test_a_backend_elsewhere_with_the_name_of_an_add_on_is_refused() -> None:
    with pytest.raises(UsageError, match="is another jaeger") as refused:
        chosen.merged({}, {"with": "jaeger", "export": "jaeger=http://elsewhere:4318"})
    assert refused.value.hint == "labctl up --with jaeger --export other=http://elsewhere:4318"
    assert chosen.merged({}, {"with": "jaeger", "export": "jaeger"}) == {"export": "jaeger", "with": "jaeger"}


def test_metrics_server_comes_with_the_autoscaler_where_the_cluster_has_no_metrics() -> None:
    assert addons.with_metrics({"with": "hpa"}, has_metrics=False) == {"with": "metrics-server,hpa"}
    assert addons.with_metrics({"with": "hpa"}, has_metrics=True) == {"with": "hpa"}
    assert addons.with_metrics({"with": "jaeger"}, has_metrics=False) == {"with": "jaeger"}
    assert addons.with_metrics({}, has_metrics=False) == {}


def test_the_autoscaler_and_an_override_do_not_both_say_how_many_pods_there_are() -> None:
    addons.require_one_count({"with": "hpa"}, {"service.limits.cpu": "1"})
    addons.require_one_count({"with": "jaeger"}, {"service.replicas": "2"})
    with pytest.raises(UsageError, match=r"service\.replicas=2") as refused:
        addons.require_one_count({"with": "jaeger,hpa"}, {"service.replicas": "2"})
    assert refused.value.hint.endswith("labctl up --with jaeger")


def test_an_override_of_an_add_on_that_the_lab_lacks_is_refused() -> None:
    addons.require_there({"with": "jaeger"}, {"jaeger.limits.memory": "1Gi", "service.limits.cpu": "1"})
    addons.require_there({}, {"jaeger.limits.memory": ""})
    with pytest.raises(UsageError, match="does not have the add-on jaeger") as refused:
        addons.require_there({"with": "prometheus:9464,logs"}, {"jaeger.limits.memory": "1Gi"})
    assert refused.value.hint == "labctl up --with prometheus:9464,logs,jaeger --set jaeger.limits.memory=1Gi"


def test_alertmanager_comes_with_prometheus_which_is_told_where_it_is() -> None:
    on = chosen.merged({}, {"with": "alertmanager"})
    assert on == {"with": "prometheus,alertmanager"}
    built = building.build(MANIFESTS, MANIFESTS, on).objects
    texts = {key: text for item in built if item.value["kind"] == "ConfigMap" for key, text in item.value["data"].items()}
    assert "alertmanager:9093" in texts["alertmanagers.yaml"]
    assert "webhook_configs" in texts["alertmanager.yaml"]


def alertmanager(tmp_path: Path, **on: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its configuration and its pod, in a project whose Alertmanager has a receiver more."""
    manifests = tmp_path / "manifests"
    shutil.copytree(MANIFESTS, manifests)
    config = manifests / "addons" / "alertmanager" / "config.yaml"
    config.write_text(config.read_text() + "      - name: pager\n        webhook_configs: [{url: http://pager}]\n")
    built = building.build(manifests, manifests, chosen.merged({}, {"with": "alertmanager", **on})).objects
    by_name = {(item.value["kind"], item.value["metadata"]["name"]): item.value for item in built}
    data = by_name["ConfigMap", "alertmanager-config"]["data"]
    assert list(data) == ["alertmanager.yaml"]
    return yaml.safe_load(data["alertmanager.yaml"]), by_name["Deployment", "alertmanager"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("on", [{"tls": "on"}, {"tls": "on", "mtls": "on"}, {"tls": "on", "auth": "on"}])
def test_alertmanager_shows_a_secured_viewer_what_it_asks_for(on: dict[str, str], tmp_path: Path) -> None:
    plain, _ = alertmanager(tmp_path / "plain")
    config, pod = alertmanager(tmp_path / "secured", **on)
    assert [one["name"] for one in config["receivers"]] == ["viewer", "pager"]
    assert config["receivers"][1] == plain["receivers"][1]
    assert config["route"] == plain["route"]
    webhook, = config["receivers"][0]["webhook_configs"]
    own = webhook.pop("http_config")
    before, = plain["receivers"][0]["webhook_configs"]
    assert {**webhook, "url": webhook["url"].replace("https", "http")} == before
    mounted = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    files = [text for text in (*own["tls_config"].values(), *own.get("authorization", {}).values()) if text.startswith("/")]
    assert {str(Path(file).parent) for file in files} <= mounted
    assert ("authorization" in own) == ("auth" in on)
    assert pod["containers"][0]["args"][0] == "--config.file=/etc/alertmanager/alertmanager.yaml"


def test_grafana_brings_prometheus_and_shows_what_the_lab_has() -> None:
    assert chosen.merged({}, {"with": "grafana"}) == {"with": "prometheus,grafana"}
    assert "addons/grafana/sources/jaeger" not in chosen.folders({"with": "grafana"})
    found = chosen.folders({"with": "grafana,jaeger,logs"})
    assert [one for one in found if "sources" in one] == ["addons/grafana/sources/jaeger", "addons/grafana/sources/logs"]


@pytest.mark.parametrize("text", ["grafana", "grafana,jaeger", "grafana,jaeger,logs"])
def test_kubectl_makes_of_grafanas_folders_what_labctl_does(text: str, tmp_path: Path) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not on the PATH")
    folders = [os.path.relpath(MANIFESTS / one, tmp_path) for one in chosen.folders(chosen.merged({}, {"with": text}))]
    whole = {"resources": [os.path.relpath(MANIFESTS, tmp_path)], "components": folders}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(whole))
    argv = ["kubectl", "kustomize", str(tmp_path)]
    theirs = yaml.safe_load_all(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout)
    ours = [node.value for node in kustomization.build(tmp_path).objects]
    assert sorted(map(yaml.safe_dump, ours)) == sorted(map(yaml.safe_dump, theirs))


def test_each_source_of_grafana_is_at_a_port_of_its_component_and_let_through() -> None:
    built = building.build(MANIFESTS, MANIFESTS, chosen.merged({}, {"with": "grafana,jaeger,logs"})).objects
    by_name = {(item.value["kind"], item.value["metadata"]["name"]): item.value for item in built}
    texts = by_name["ConfigMap", "grafana-sources"]["data"].values()
    addresses = {source["url"] for text in texts for source in yaml.safe_load(text)["datasources"]}
    stores = [components.PROMETHEUS, components.JAEGER, components.VICTORIA_LOGS]
    assert addresses == {f"http://{one.cluster.deployment}:{one.ports[0].own}" for one in stores}
    for one in stores:
        [rule] = by_name["NetworkPolicy", f"grafana-to-{one.cluster.deployment}"]["spec"]["ingress"]
        assert rule["ports"] == [{"port": one.ports[0].own, "protocol": "TCP"}]


def test_grafanas_password_is_in_no_file_of_the_project() -> None:
    built = building.build(MANIFESTS, MANIFESTS, chosen.merged({}, {"with": "grafana"})).objects
    by_name = {(item.value["kind"], item.value["metadata"]["name"]): item.value for item in built}
    [container] = by_name["Deployment", "grafana"]["spec"]["template"]["spec"]["containers"]
    given = {entry["name"]: entry.get("value", "") for entry in container["env"]}
    assert [name for name in given if "PASSWORD" in name] == ["GF_SECURITY_ADMIN_PASSWORD__FILE"]
    assert "args" not in container
    assert not [item for item in built if item.value["kind"] == "Secret"]
