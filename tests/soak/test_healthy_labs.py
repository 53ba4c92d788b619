"""Healthy labs, also busy, slow on purpose or in the middle of a rollout: `labctl why` calls nothing a cause."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.driver import Driver, a_name, kind_is_missing

ROUNDS = int(os.environ.get("ROUNDS", "5"))
BURN = "while True: pass"
LOADS = {
    "idle": (),
    "loaded": ("--rps", "50", "-d", "20s"),
    "at the limit of the plan": ("-c", "64", "-d", "20s"),
    "a client that times out": ("--rps", "50", "--timeout", "40ms", "-d", "20s"),
    "expected 4xx": ("--rps", "50", "--body", "{}", "-d", "20s"),
}
SETTINGS = {
    "slow on purpose": {"DEFAULT_LATENCY_MS": "900"},
    "sampling": {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.2"},
    "a step that is slow on purpose": {"SLOW_SPAN": "format_response:30%:600ms"},
}


@pytest.fixture(scope="module", params=["local", "kind"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    if request.param == "kind" and (why := kind_is_missing()):
        pytest.skip(why)
    driver = Driver(a_name("healthy"), tmp_path_factory.mktemp("healthy"), target=request.param)
    driver.run("up", "--timeout", "180s", timeout=240)
    yield driver
    driver.run("down", code=None, timeout=120)


@contextmanager
def beside(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.communicate()


def causes(lab: Driver) -> list[str]:
    found = lab.json("why", code=None)
    return [f"{one['rule']}: {one['message']}" for one in found["findings"] if one["kind"] == "cause"]


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("name", LOADS)
def test_under_load(lab: Driver, name: str, round_: int) -> None:
    running = beside(lab.start("load", *LOADS[name])) if LOADS[name] else contextlib.nullcontext()
    with running:
        assert causes(lab) == []
        assert causes(lab) == []
    assert causes(lab) == []


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_are_meant(lab: Driver, name: str) -> None:
    lab.settings |= SETTINGS[name]
    try:
        lab.run("up")
        assert causes(lab) == []
    finally:
        for setting in SETTINGS[name]:
            del lab.settings[setting]
        lab.run("up")
    assert causes(lab) == []


def test_in_the_middle_of_a_rollout(lab: Driver) -> None:
    for number in range(ROUNDS):
        lab.settings["APP_ENV"] = f"round-{number}"
        with beside(lab.start("up")):
            found = causes(lab)
        assert found == []
        lab.run("up")


def test_a_busy_machine(lab: Driver) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(2 * (os.cpu_count() or 1)):
            stack.enter_context(beside(subprocess.Popen([sys.executable, "-c", BURN], text=True)))
        for _ in range(ROUNDS):
            assert causes(lab) == []


def test_a_viewer_that_has_just_begun(lab: Driver) -> None:
    lab.run("down", *(["--keep-cluster"] if lab.target == "kind" else []), timeout=120)
    lab.run("up", "--timeout", "180s", timeout=240)
    assert causes(lab) == []
