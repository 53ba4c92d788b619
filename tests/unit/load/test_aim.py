"""Which address, and whether the lab's telemetry goes with it."""

from dataclasses import replace

import pytest

from labctl.errors import LabError, UsageError
from labctl.load.aim import Wish, aim
from labctl.model import Endpoints

LAB = Endpoints(*(f"http://127.0.0.1:{port}" for port in (9002, 9003, 4317, 4318, 8888, 13133)))
WISH = Wish(url=None, requests=None, duration_s=None, concurrency=10, rate=None, rps=None, body=None, timeout_s=10)


def test_the_lab_is_the_default() -> None:
    plan = aim(WISH, LAB, "labctl up")
    assert (plan.url, plan.otlp, plan.requests, plan.rps) == ("http://127.0.0.1:9002/predict", LAB.otlp_http, 500, None)
    assert len(plan.run_id) == 16


@pytest.mark.parametrize(("typed", "url"), [
    ("http://localhost:9002", "http://localhost:9002/predict"), ("http://127.0.0.1:9002/", "http://127.0.0.1:9002/predict"),
    ("http://127.0.0.1:9002/predict/batch", "http://127.0.0.1:9002/predict/batch"),
])
def test_the_labs_own_address_is_known(typed: str, url: str) -> None:
    plan = aim(replace(WISH, url=typed), LAB, "")
    assert (plan.url, plan.otlp) == (url, LAB.otlp_http)


def test_another_address_gets_no_telemetry() -> None:
    plan = aim(replace(WISH, url="http://127.0.0.1:8000/"), LAB, "")
    assert (plan.url, plan.otlp) == ("http://127.0.0.1:8000/", None)
    assert aim(replace(WISH, url="http://127.0.0.1:9002/x"), None, "").otlp is None


def test_a_rate_is_per_worker_and_rps_the_total() -> None:
    assert aim(replace(WISH, rate=5), LAB, "").rps == 50
    assert aim(replace(WISH, rps=5), LAB, "").rps == 5
    with pytest.raises(UsageError, match="exclude"):
        aim(replace(WISH, rate=5, rps=5), LAB, "")


def test_a_duration_alone_bounds_by_time() -> None:
    assert aim(replace(WISH, duration_s=3), LAB, "").requests is None
    assert aim(replace(WISH, duration_s=3, requests=7), LAB, "").requests == 7


def test_neither_url_nor_lab() -> None:
    with pytest.raises(LabError) as error:
        aim(WISH, None, "labctl up")
    assert error.value.hint == "labctl up"
