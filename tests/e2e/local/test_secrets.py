"""Secrets that a lab was given: nothing but the process that needs them has them, and nothing that labctl writes or prints."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from labctl.components import COMPONENTS
from labctl.host import daemons
from tests import planted
from tests.contract.conftest import fresh_lab
from tests.driver import Driver
from tests.planted import BACKEND, HEADERS, NEEDLES, SETTINGS, SWITCHES, below, generated_in, processes

IN_DOTENV = "OTEL_EXPORTER_OTLP_LOGS_HEADERS"
REQUEST = {"path": "/predict", "json": {"features": [1, 2]}, "headers": HEADERS}
SCENARIO = json.dumps({"requests": [REQUEST], "duration": "1s", "rps": 20})
SCREENS = ("up", "config", "describe service", "why", "logs --tail 200")
DOCUMENTS = (
    "up", "status", "check", "config", "describe service", "describe collector", "why", "doctor", "runs", "metrics",
    "trace slowest", "why last", "version --sbom", "up --explain", "certs",
)
Held = Callable[[str | bytes], list[str]]
COMMANDS = (*SCREENS, "up --explain", "certs", "auth", *(f"{command} -o json" for command in DOCUMENTS))
OF_THEIR_OWN = {"tls", "auth", "headers"}           # folders of private files


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A lab that has every secret, one of them from .env, and those of switches, and has served a load with some more."""
    folder = tmp_path_factory.mktemp("secrets")
    driver = fresh_lab("otelcol", folder / "state")
    driver.cwd = folder
    driver.settings |= {name: text for name, text in SETTINGS.items() if name != IN_DOTENV}
    (folder / ".env").write_text(f"{IN_DOTENV}={SETTINGS[IN_DOTENV]}\n")
    (folder / "scenario.yaml").write_text(SCENARIO)
    (folder / "headers").write_text(BACKEND)
    (folder / "headers").chmod(0o600)
    with driver.up(*SWITCHES, str(folder / "headers")):
        yield driver


@pytest.fixture(scope="module")
def generated(lab: Driver) -> list[str]:
    found = generated_in(lab.state / lab.name)
    assert len(found) == 6              # a token, and the keys of the CA, the three components and labctl
    return found


@pytest.fixture(scope="module")
def planted_in(generated: list[str]) -> Held:
    return lambda content: planted.planted_in(content, generated)


@pytest.fixture(scope="module")
def during_the_load(lab: Driver, planted_in: Held) -> list[str]:
    """Where secrets were seen while a load ran: of the processes below labctl, and in the arguments of any."""
    load = lab.start("load", "--scenario", "scenario.yaml", "--report", "report.html", "--csv", "run.csv", "-o", "json")
    seen: set[str] = set()
    watched = 0
    while load.poll() is None:
        children = below(load.pid)
        watched += len(children)
        for one in processes():
            if planted_in(one.arguments):
                seen.add(f"arguments of {one.pid}: {one.arguments}")
            if one.pid in children and planted_in(one.environment):
                seen.add(f"environment of {one.pid}: {one.arguments}")
    out, err = load.communicate()
    assert load.returncode == 0, err
    assert watched, "the load generator was not seen"
    assert json.loads(out)["requests"]["successful"] > 0
    return [*sorted(seen), *(["what load prints"] if planted_in(out + err) else [])]


def test_the_service_has_what_it_was_given(lab: Driver, planted_in: Held) -> None:
    """Else the other tests would find nothing because there is nothing."""
    environment = psutil.Process(lab.pids()["service"]).environ()
    assert {name: environment.get(name) for name in SETTINGS} == SETTINGS
    assert set(planted_in(json.dumps(SETTINGS) + json.dumps(HEADERS) + BACKEND)) == set(NEEDLES)


def test_no_other_process_has_a_secret(lab: Driver, during_the_load: list[str], planted_in: Held) -> None:
    others = {one.pid: one.component for one in daemons.running(lab.name) if one.component != "service"}
    assert len(set(others.values())) == 3
    held = [others[one.pid] for one in processes() if one.pid in others and planted_in(one.environment)]
    assert (held, during_the_load) == ([], [])


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_a_secret(lab: Driver, during_the_load: list[str], command: str, planted_in: Held) -> None:
    shown = lab.run(*command.split(), code=None)
    assert shown.stdout
    assert planted_in(shown.stdout + shown.stderr) == []


def test_a_changed_secret_is_told_without_its_value(lab: Driver, planted_in: Held) -> None:
    name = "OTEL_EXPORTER_OTLP_METRICS_HEADERS"
    said = lab.run("up", "--set", f"{name}=x-tenant-token={NEEDLES[0]}")
    back = lab.run("up")
    assert name in said.stdout + said.stderr
    assert planted_in(said.stdout + said.stderr + back.stdout + back.stderr) == []


def test_an_error_does_not_quote_a_secret(lab: Driver, planted_in: Held) -> None:
    for words in (
        ("load", "--url", f"http://user:{NEEDLES[0]}@127.0.0.1/"), ("up", "--set", f"OTEL_EXPORTER_OTLP_ENDPOINT=x://u:{NEEDLES[1]}@h"),
        ("up", "--set", f"OTEL_EXPORTER_OTLP_HEADERS=authorization {NEEDLES[2]}"),
    ):
        said = lab.run(*words, code=None)
        assert planted_in(said.stdout + said.stderr) == [], words
    lab.run("up")


def test_no_file_has_a_secret_that_others_may_read(lab: Driver, during_the_load: list[str], planted_in: Held) -> None:
    """A record of faults has the settings to go back to, for this user alone; `mend` deletes it."""
    lab.run("break", "slow-model", code=None)
    files = [path for path in lab.state.rglob("*") if path.is_file()]
    assert {"viewer.db", "collector.yaml", "service.log"} <= {path.name for path in files}
    wide = {str(path) for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077}
    held = {path.name for path in files if planted_in(path.read_bytes()) and not is_of_its_own(path, lab)}
    lab.run("mend", code=None)
    assert (wide, held - {"faults.json"}) == (set(), set())


def is_of_its_own(path: Path, lab: Driver) -> bool:
    return path.relative_to(lab.state / lab.name).parts[0] in OF_THEIR_OWN


def test_an_exported_lab_has_none(lab: Driver, planted_in: Held) -> None:
    folder = lab.cwd / "exported"
    said = lab.run("export", str(folder))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"kustomization.yaml", "README.md"} <= {path.name for path in files}
    assert [path.name for path in files if planted_in(path.read_bytes())] == planted_in(said.stdout + said.stderr) == []


def test_no_file_that_a_load_run_leaves_has_a_secret(lab: Driver, during_the_load: list[str], planted_in: Held) -> None:
    left = [*(lab.state / lab.name / "runs").iterdir(), lab.cwd / "report.html", lab.cwd / "run.csv"]
    assert len(left) >= 3
    assert [path.name for path in left if planted_in(path.read_bytes())] == []


def test_every_port_is_on_the_loopback_interface(lab: Driver) -> None:
    listening = [
        connection.laddr for one in daemons.running(lab.name) for connection in one.process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= sum(len(component.ports) for component in COMPONENTS)
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
