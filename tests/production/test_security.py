"""--tls, --mtls and --auth on a lab of processes: nothing is lost while everything is exchanged, and no secret is to be seen."""

import json
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import psutil
import pytest

from labctl import access
from labctl.access import Credentials
from labctl.credentials import authority, token
from labctl.credentials.certificates import Certificates
from labctl.host import http
from labctl.host.http import Unreachable
from labctl.viewer_client.sent_spans import client_span
from tests.contract.conftest import fresh_lab
from tests.contract.test_json import printed
from tests.driver import Driver
from tests.unit.telemetry.test_viewer_access import export_status

ON = ("--tls", "--mtls", "--auth")
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with fresh_lab("otelcol", tmp_path_factory.mktemp("state")).up(*ON) as driver:
        yield driver


def state(lab: Driver) -> Path:
    return lab.state / lab.name


def own(lab: Driver) -> Credentials:
    folder = state(lab) / "tls" / "labctl"
    return Credentials(
        str(folder / "ca.crt"), str(folder / "tls.crt"), str(folder / "tls.key"), str(token.file_in(state(lab))))


def spans(lab: Driver) -> int:
    url = access.register(f"https://127.0.0.1:{lab.ports['VIEWER']}", own(lab))
    return int(http.get(f"{url}/api/counts").json()["spans"])


def sent(url: str, credentials: Credentials, **headers: str) -> int:
    """The status of an OTLP request with one span; 0 where there was no connection."""
    access.register(url, credentials)
    span = client_span(trace_id="ab" * 16, span_id="cd" * 8, start_ns=1, end_ns=2, method="GET", url="http://x", status=200)
    try:
        return http.post(f"{url}/v1/traces", span, JSON | headers).status
    except Unreachable:
        return 0


def test_a_load_balances_and_nothing_is_wrong(lab: Driver) -> None:
    run = lab.json("load", "-n", "100", "--rps", "50")
    assert run["ledger"]["lost_spans"] == 0
    assert run["ledger"]["spans"] == 500
    assert lab.json("why")["healthy"], lab.run("why").stdout


def test_exchanging_everything_loses_nothing(lab: Driver) -> None:
    load = lab.start("load", "-d", "12s", "--rps", "100", "-o", "json")
    time.sleep(1)                                   # in the middle of the load
    before = lab.json("certs")["certificates"]
    lab.run("certs", "rotate")
    lab.run("auth", "rotate")
    lab.run("certs", "rotate", "--ca")
    after = lab.json("certs")["certificates"]
    out, err = load.communicate(timeout=60)
    assert load.returncode == 0, err
    run = json.loads(out)
    assert run["requests"]["failed"] == 0
    assert run["ledger"]["lost_spans"] == 0
    assert run["ledger"]["spans"] == run["ledger"]["expected_spans"]
    assert not {one["serial"] for one in before} & {one["serial"] for one in after}


def test_a_lost_token_is_named_and_mended(lab: Driver) -> None:
    """By an up, after which what runs holds the new one; it can be exchanged as before."""
    token.file_in(state(lab)).unlink()
    assert [one["rule"] for one in lab.json("why", code=5)["findings"] if one["kind"] == "cause"] == ["credential-broken"]
    assert "made a new token" in str(lab.json("up")["steps"])
    assert lab.json("up")["changed"] is False
    lab.run("auth", "rotate")
    assert len(token.tokens(state(lab))) == 1
    assert lab.json("why")["healthy"], lab.run("why").stdout


@pytest.mark.parametrize("endpoint", ["OTLP_HTTP", "VIEWER"])
def test_what_is_not_let_in_stores_nothing(lab: Driver, endpoint: str, tmp_path: Path) -> None:
    url, known, before = f"https://127.0.0.1:{lab.ports[endpoint]}", own(lab), spans(lab)
    foreign = Certificates(tmp_path / "foreign", lab.name, lab.name)
    foreign.ensure()
    ended = expired(state(lab), tmp_path)
    assert sent(url, replace(known, token="")) == 401
    assert sent(url, known, authorization="Bearer wrong") == 401
    assert sent(url, replace(known, certificate="", key="")) in {0, 403}
    for folder in (foreign.of("labctl"), ended):
        assert sent(url, replace(known, certificate=str(folder / "tls.crt"), key=str(folder / "tls.key"))) == 0
    assert sent(url.replace("https", "http"), Credentials()) in {0, 400}
    assert spans(lab) == before
    lab.run("check")                                # it serves as before


def expired(lab_state: Path, folder: Path) -> Path:
    """A client certificate by the lab's own CA that has ended."""
    signer = authority.first_of((lab_state / "tls" / "ca.crt").read_bytes(), (lab_state / "tls" / "ca.key").read_bytes())
    assert signer
    pair = authority.issue(signer, authority.Holder("late"), timedelta(seconds=-1))
    (folder / "tls.crt").write_bytes(pair.certificate)
    (folder / "tls.key").write_bytes(pair.key)
    return folder


def test_over_grpc_too(lab: Driver) -> None:
    files = Certificates(state(lab), lab.name, lab.name).files("service")
    whole, secret = grpc.ssl_channel_credentials(files["ca.crt"], files["tls.key"], files["tls.crt"]), token.tokens(state(lab))[0]
    at = f"127.0.0.1:{lab.ports['OTLP_GRPC']}"
    assert export_status(at, whole, secret) is grpc.StatusCode.OK
    assert export_status(at, whole, "wrong") is grpc.StatusCode.UNAUTHENTICATED
    assert export_status(at, grpc.ssl_channel_credentials(files["ca.crt"]), secret) is grpc.StatusCode.UNAVAILABLE


def test_no_secret_is_to_be_seen(lab: Driver) -> None:
    folder = state(lab)
    keys = [path.read_text().splitlines()[1] for path in (folder / "tls").rglob("*.key")]
    secrets = [*token.tokens(folder), *keys]
    assert len(secrets) == 6
    shown = [lab.run(*words.split(), code=None).stdout for words in (
        "status -o json", "config -o json", "why -o json", "why -v", "describe service -o json", "up --explain -o json",
        "certs -o json", "auth",
    )]
    processes = [process for process in psutil.process_iter() if lab.name in str(environ(process))]
    shown += [f"{process.cmdline()} {environ(process)}" for process in processes]
    files = [path for path in folder.rglob("*") if path.is_file() and not {"tls", "auth"} & set(path.relative_to(folder).parts)]
    shown += [path.read_bytes().decode(errors="replace") for path in files]
    assert len(processes) >= 4
    assert not [text[:200] for text in shown for secret in secrets if secret in text]
    private = [*(folder / "tls").rglob("*"), *(folder / "auth").rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private if path.is_file()} == {0o600}


def environ(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


def test_the_list_has_the_documented_shape(lab: Driver) -> None:
    assert printed(lab, "certs")["kind"] == "CertificateList"


def test_a_second_up_changes_nothing_and_off_is_off(lab: Driver) -> None:
    assert lab.json("up")["changed"] is False
    ended = lab.json("up", "--auth", "off", "--mtls", "off", "--tls", "off")
    assert ended["switches"] == {}
    assert ended["endpoints"]["viewer"].startswith("http://")
    assert lab.json("why")["healthy"], lab.run("why").stdout            # nothing that was said before the switch counts
    assert lab.run("certs", code=2).stderr.count("--tls") >= 1


def test_the_line_that_an_exported_lab_gives_asks_the_viewer(lab: Driver, tmp_path: Path) -> None:
    """With the certificate and the token of its `secrets/`; its port is that of a port-forward."""
    lab.run("export", str(tmp_path / "out"), "--with-secrets")
    lines = (tmp_path / "out" / "README.md").read_text().splitlines()
    asked = next(line for line in lines if "curl " in line and ":9003/" in line)
    assert "$(" not in asked            # an argument can be read in the list of processes
    asked = asked.replace(":9003/", f":{lab.ports['VIEWER']}/").partition("/api/")[0] + "/api/counts"
    done = subprocess.run(asked, shell=True, cwd=tmp_path / "out", capture_output=True, text=True, timeout=30, check=False)
    assert "spans" in json.loads(done.stdout or "{}"), done.stderr
