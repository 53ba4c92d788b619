"""Faults made by hand in a running lab, not by `labctl break`: the cause comes first, and its remedy, pasted, mends the lab."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from labctl.host import daemons
from labctl.host.daemons import Running
from tests.contract.conftest import fresh_lab
from tests.driver import LABCTL, ROOT, Driver, collector_on_path

SECRET = "s3same-0pen-5678"
pytestmark = pytest.mark.skipif(not collector_on_path(), reason="the faults are in a collector's own configuration")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = fresh_lab("otelcol", tmp_path_factory.mktemp("why"))
    driver.settings["OTEL_EXPORTER_OTLP_HEADERS"] = f"authorization=Bearer {SECRET}"
    with driver.up():
        yield driver


def of(lab: Driver, component: str) -> Running:
    """The newest: one that was replaced may be about to end."""
    return [one for one in daemons.running(lab.name) if one.component == component][-1]


def begin_again(
    lab: Driver, component: str, edit: Callable[[list[str]], list[str]] = list, config: Callable[[str], str] = str,
    variables: Mapping[str, str] | None = None,
) -> None:
    """End the process, and start the same command as somebody would in a shell, with its token, changed variables and files."""
    process, folder = of(lab, component), lab.state / lab.name / "logs"
    env, argv = process.environment(), edit(process.arguments())
    daemons.stop([process], 15)
    if config is not str:
        file = folder.parent / "collector.yaml"
        before = file.read_text()
        file.write_text(config(before))
        assert file.read_text() != before
    with (folder / f"{component}.log").open("ab") as log:
        begun = subprocess.Popen(
            argv, env=env | dict(variables or {}), cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + 20
    while begun.poll() is None and time.monotonic() < deadline:         # with a wrong key it ends at once
        there = [one for one in daemons.running(lab.name) if one.component == component]
        if there and there[-1].listening():
            break
        time.sleep(0.05)
    begun.returncode = 0                # it outlives this object, which would warn


@dataclass(frozen=True)
class ByHand:
    rule: str
    quoted: str                         # a part of the evidence
    make: Callable[[Driver], Any]


def replaced(old: str, new: str, count: int = -1) -> Callable[[Driver], None]:
    return lambda lab: begin_again(lab, "collector", config=lambda text: text.replace(old, new, count))


def service(**variables: str) -> Callable[[Driver], None]:
    return lambda lab: begin_again(lab, "service", variables=variables)


def option(name: str, value: str) -> Callable[[list[str]], list[str]]:
    return lambda words: [value if before == name else word for before, word in zip(["", *words], words, strict=False)]


def kill(component: str) -> Callable[[Driver], None]:
    def make(lab: Driver) -> None:
        process = of(lab, component).process
        process.kill()
        psutil.wait_procs([process], 5)

    return make


EXPORTERS = "exporters: ${env:EXPORTERS:-[debug]}"
FAULTS = {
    "viewer killed": ByHand("process-gone", "no viewer of the lab", kill("viewer")),
    "collector stopped": ByHand("process-stopped", "SIGSTOP", lambda lab: of(lab, "collector").process.suspend()),
    "exports elsewhere": ByHand(
        "export-endpoint", "http://127.0.0.1:9;", service(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://127.0.0.1:9"),
    ),
    "spans are not exported": ByHand("sdk-off", "OTEL_TRACES_EXPORTER=console", service(OTEL_TRACES_EXPORTER="console")),
    "slow": ByHand("configured-latency", "SLOW_SPAN=", service(SLOW_SPAN="validate_input:100%:700ms")),
    "ends at the log": ByHand("exporter-missing", "traces.exporters: [debug]", replaced(EXPORTERS, "exporters: [debug]", 1)),
    "a wrong key": ByHand("collector-config", "send_batch_sise", replaced("send_batch_size", "send_batch_sise")),
    "nothing over HTTP": ByHand(
        "receiver-address", ":19999", lambda lab: begin_again(lab, "collector", variables={"OTLP_HTTP_PORT": "19999"}),
    ),
    "held back": ByHand("held-back", "timeout: 90s", replaced("timeout: 50ms", "timeout: 90s")),
    "kept for a second": ByHand("retention", "--max-age 1", lambda lab: begin_again(lab, "viewer", option("--max-age", "1"))),
    "few files": ByHand(
        "open-files", "of 20 files open", lambda lab: of(lab, "service").process.rlimit(psutil.RLIMIT_NOFILE, (20, 20)),
    ),
}


def why(lab: Driver) -> dict[str, Any]:
    said = lab.run("why", "-o", "json", code=None)
    assert SECRET not in said.stdout + said.stderr
    found: dict[str, Any] = json.loads(said.stdout)
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_the_cause_is_named_first_and_its_remedy_mends_the_lab(lab: Driver, name: str) -> None:
    fault = FAULTS[name]
    fault.make(lab)
    causes = [one for one in why(lab)["findings"] if one["kind"] == "cause"]
    assert [one["rule"] for one in causes][:1] == [fault.rule]
    assert any(fault.quoted in one["text"] for one in causes[0]["evidence"])
    path = f"{Path(LABCTL).parent}{os.pathsep}{lab.path}"
    pasted = subprocess.run(
        ["sh", "-c", causes[0]["remedy"]], env=lab.env | {"PATH": path}, cwd=lab.cwd, capture_output=True, text=True, timeout=90,
        check=False,
    )
    assert pasted.returncode == 0, pasted.stderr
    lab.run("check", "--timeout", "20s")
    # a busy machine may leave a part of the first look unknown
    assert any(why(lab)["healthy"] for _ in range(3))


def test_check_explains_what_it_finds_broken(lab: Driver) -> None:
    of(lab, "collector").process.suspend()
    try:
        said = lab.run("check", code=5).stderr
        assert "cause: the collector is stopped by a signal" in said
        assert "try: " in said
        assert "kill -CONT" in said
    finally:
        of(lab, "collector").process.resume()


def test_what_is_wrong_with_one_component(lab: Driver) -> None:
    assert lab.json("why", "viewer")["findings"] == []


def test_everything_hangs(lab: Driver) -> None:
    """What is not known is said, and nobody waits for it."""
    for component in ("service", "collector", "viewer"):
        of(lab, component).process.suspend()
    try:
        found = why(lab)
        stopped = [one["component"] for one in found["findings"] if one["rule"] == "process-stopped"]
        assert sorted(stopped) == ["collector", "service", "viewer"]
    finally:
        for component in ("service", "collector", "viewer"):
            of(lab, component).process.resume()


def test_no_secret_is_in_the_facts(lab: Driver) -> None:
    from labctl.config import load
    from labctl.targets import require_target
    from labctl.why.gather.gather import gather

    config = load({}, lab.env, ROOT)
    facts = gather(config, require_target(config.spec()))
    assert facts.observation.components["service"].env["OTEL_EXPORTER_OTLP_HEADERS"] == "(not shown)"
    assert SECRET not in repr(facts.observation)
