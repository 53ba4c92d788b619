"""C54: MODEL_WORK=cpu, saturated at its limit: `top` shows how often the service is held back now, not since its pod's start."""

from typing import Any

import pytest

from tests.driver import Driver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def service(lab: Driver) -> dict[str, Any]:
    return next(one for one in lab.json("top")["components"] if one["component"] == "service")


def test_what_is_held_back_now_and_no_longer_afterwards_in_kind(kind_lab: Driver) -> None:
    kind_lab.run("up", "--set", "MODEL_WORK=cpu", "--set", "DEFAULT_LATENCY_MS=100")
    load = kind_lab.start("load", "--duration", "60s", "-c", "10", "-o", "json")
    try:
        assert any(service(kind_lab)["throttled"] > 0 for _ in range(5))
    finally:
        load.terminate()
        load.communicate(timeout=30)
    assert any(service(kind_lab)["throttled"] == 0 for _ in range(5))
    idle = service(kind_lab)
    assert idle["cpu"] < idle["cpu_limit"]
    kind_lab.run("up")
