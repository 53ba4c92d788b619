"""The whole gathering against an API server that answers from a real lab's objects: how often it is asked, and for what."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labctl.host.waiting import Deadline
from labctl.model import Observation, State
from labctl.targets.kubernetes import gather
from labctl.targets.kubernetes.gather import Source
from labctl.targets.kubernetes.kube import Access, Kube, path
from labctl.targets.kubernetes.observation import observe
from labctl.targets.kubernetes.snapshot import NodeState
from labctl.targets.kubernetes.usage import Sampler
from tests.unit.targets.kubernetes.real import NAMES, QUERIED, read

PASSWORD = "hunter2hunter2"


class ApiServer(ThreadingHTTPServer):
    """Lists by kind; `delay_s` before each answer."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, objects: list[dict[str, Any]], delay_s: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[tuple[str, str]] = []          # path, Accept
        self.delay_s = delay_s
        self.lists = {path(kind, NAMES.namespace): [item for item in objects if item["kind"] == kind] for kind in QUERIED}
        alone = [item for item in objects if item["kind"] in {"Node", "Namespace"}]
        self.single = {path(item["kind"], "", item["metadata"]["name"]): item for item in alone}

    @property
    def kube(self) -> Kube:
        return Kube(Access(f"http://127.0.0.1:{self.server_port}", "", Path("/nowhere")), answer_s=3.0)


class _Answers(BaseHTTPRequestHandler):
    server: ApiServer

    def do_GET(self) -> None:
        where, accept = urlsplit(self.path).path.lstrip("/"), self.headers["Accept"]
        self.server.asked.append((where, accept))
        time.sleep(self.server.delay_s)
        if "/proxy/stats" in where:
            found: Any = {"pods": []}
        else:
            found = self.server.single.get(where) or {"items": self.server.lists.get(where, [])}
        if "PartialObjectMetadataList" in accept:
            found = {"items": [{"metadata": item["metadata"]} for item in found["items"]]}
        body = b"2026-11-26T00:00:00.5Z a line\n" if where.endswith("/log") else json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def api_server(*more: dict[str, Any], delay_s: float = 0.0) -> Iterator[ApiServer]:
    with ApiServer([*read("healthy"), *more], delay_s) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def observed(kube: Kube) -> Observation:
    sampler = Sampler(kube, NAMES, "kubewhy-control-plane", dict)
    source = Source(kube, NAMES, "kubewhy-control-plane", lambda _: read("desired"), dict, sampler, NodeState)
    return observe(source, Deadline.after(gather.WITHIN_S))


def everything(seen: Observation) -> str:
    return repr(seen)


def test_a_real_lab_is_ready_and_nothing_is_found() -> None:
    with api_server() as server:
        seen = observed(server.kube)
    assert {one.health.state for one in seen.components.values()} == {State.READY}
    assert (list(seen.findings), list(seen.failed)) == ([], [])
    collector = seen.components["collector"]
    assert collector.env["GOMEMLIMIT"] == "256000000"
    assert "memory_limiter" in collector.config
    assert [line.text for line in collector.log] == ["a line"]
    assert collector.expected
    assert (collector.expected.env, collector.expected.config) == (collector.env, collector.config)
    assert seen.examined


def test_few_requests_and_no_secret_is_read() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "model"}, "data": {"password": PASSWORD}}
    with api_server(secret) as server:
        seen = observed(server.kube)
        asked = server.asked
    assert len(asked) <= 30             # of the 60 that a whole diagnosis may cost
    assert [accept for where, accept in asked if "secrets" in where] == [
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    ]
    assert PASSWORD not in everything(seen)


def test_a_value_from_a_secret_is_named_and_one_from_a_config_map_is_resolved() -> None:
    objects = read("healthy")
    pod = next(item for item in objects if item["kind"] == "Pod" and item["metadata"]["name"].startswith("ai-lab-2-2-paid"))
    config = next(item for item in objects if item["kind"] == "ConfigMap")
    key = next(iter(config["data"]))
    pod["spec"]["containers"][0]["env"] = [
        {"name": "MODEL", "valueFrom": {"secretKeyRef": {"name": "model", "key": "password"}}},
        {"name": "CONFIG", "valueFrom": {"configMapKeyRef": {"name": config["metadata"]["name"], "key": key}}},
        {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "API_TOKEN", "value": PASSWORD},
    ]
    with ApiServer(objects) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        seen = observed(server.kube)
        server.shutdown()
    env: Mapping[str, str] = seen.components["service"].env
    assert "Secret model" in env["MODEL"]
    assert env["CONFIG"] == config["data"][key]
    assert env["ME"] == pod["metadata"]["name"]
    assert PASSWORD not in everything(seen)


def test_an_api_server_that_is_slow_or_gone_is_said_and_waited_for_no_longer_than_the_limit() -> None:
    with api_server(delay_s=30.0) as server:
        began = time.monotonic()
        seen = observed(server.kube)
        assert time.monotonic() - began < 2 * gather.WITHIN_S
        kube = server.kube
    assert any("Pod" in one for one in seen.failed)
    assert seen.components == {}
    assert observed(kube).failed
