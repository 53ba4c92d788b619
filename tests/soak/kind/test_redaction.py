"""A lab in a cluster with --redact on: no secret is in a volume, a pod's log, on the port to scrape, or in what labctl says."""

import subprocess
from collections.abc import Iterator

import pytest

from labctl.host.http import post
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl, until
from tests.production.kind.test_policies import address, in_node, node_of
from tests.production.test_redaction import COMMANDS, JSON, KEPT, NEEDLES, PLANTED, held, plant, project_that_tells
from tests.secret_samples import plain
from tests.telemetry_with import by_itself, together

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

ON = ("--redact", "on", "--persist", "on", "--export", "prometheus,file")
FOLDERS = "/var/lib/kubelet/pods /var/log/pods"
VIEWER = "deployment/ai-lab-2-2-viewer"
AS_THEY_ARE = [text for text in KEPT if text.isascii() and not set(text) & set('"\\<>&\'')]          # in JSON too


@pytest.fixture(scope="module")
def redacted(kind_lab: Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    before, kind_lab.cwd = kind_lab.cwd, project_that_tells(tmp_path_factory.mktemp("redaction"))
    kind_lab.run("up", *ON, timeout=240)
    yield kind_lab
    kind_lab.cwd = before
    kind_lab.run("up", "--redact", "off", "--persist", "off", "--export", "off", timeout=240)


def files(lab: Driver, named: str = "") -> bytes:
    """What the volumes and the logs of all pods hold, or of them the files whose path has this in it."""
    find = f"find {FOLDERS} -type f -path '*{named}*' -not -path '*/kubernetes.io~secret/*' -print0 | xargs -0 -r cat"
    argv = ["docker", "exec", node_of(lab), "bash", "-c", find]
    return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout


def secrets_in(content: bytes) -> list[str]:
    return [secret for secret in NEEDLES if secret.encode() in content]


def test_what_waits_in_the_queues_has_none(redacted: Driver) -> None:
    """The viewer is away, so all that the collector has accepted for it is on its disk."""
    kubectl(redacted, "scale", VIEWER, "--replicas=0")
    kubectl(redacted, "wait", "--for=delete", "pod", "-l", "app.kubernetes.io/name=ai-lab-2-2-viewer", "--timeout=60s")
    sent = together([by_itself(plain(text)) for text in (*PLANTED, *KEPT)])
    for signal in sent:
        assert post(f"{redacted.url('OTLP_HTTP')}/v1/{signal}", sent[signal], JSON).status == 200
    try:
        assert until(lambda: all(text.encode() in files(redacted, "/queue/") for text in KEPT), 30)
        assert secrets_in(files(redacted, "/queue/")) == []
    finally:
        kubectl(redacted, "scale", VIEWER, "--replicas=1")
        redacted.run("up", timeout=180)


def test_no_file_no_log_and_no_port_has_one(redacted: Driver) -> None:
    assert len(PLANTED) >= 40
    plant(redacted)
    assert until(lambda: b"exception.stacktrace" in files(redacted, "/viewer.db"), 60)
    assert len(AS_THEY_ARE) >= 10
    assert until(lambda: all(text.encode() in files(redacted, "/export/") for text in AS_THEY_ARE), 30)
    assert secrets_in(files(redacted)) == []
    assert secrets_in(held(redacted)) == []                 # of the state folder, and the report
    pod = address(redacted, "", "app.kubernetes.io/name=otel-collector")
    scraped = in_node(redacted, f"curl -sf http://{pod}:8889/metrics")
    assert "queue_length" in scraped
    assert secrets_in(scraped.encode()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_one_in_kind(redacted: Driver, command: str) -> None:
    shown = redacted.run(*command.split(), code=None)
    assert shown.stdout
    assert [secret for secret in NEEDLES if secret in shown.stdout + shown.stderr] == []


def test_what_only_looks_like_one_is_kept(redacted: Driver) -> None:
    content = files(redacted, "/viewer.db")
    assert len(KEPT) >= 10
    assert [text for text in KEPT if text.encode() not in content] == []


def test_the_lab_is_as_good_as_without(redacted: Driver) -> None:
    ledger = redacted.json("load", "-n", "100", "--rps", "50", timeout=90)["ledger"]
    assert (ledger["traces"], ledger["lost_spans"], ledger["spans"]) == (100, 0, ledger["expected_spans"])
    assert [one for one in redacted.json("why", code=None)["findings"] if one["kind"] == "cause"] == []
