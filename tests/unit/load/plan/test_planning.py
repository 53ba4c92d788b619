"""Which address, and whether the lab's telemetry goes with it."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.errors import LabError, UsageError
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.planning import make_plan
from labctl.load.plan.run_options import RunOptions
from labctl.load.plan.stages import Stage
from labctl.load.plan.thresholds import parse
from labctl.model import Endpoints

LAB = Endpoints({name: f"http://127.0.0.1:{port}" for name, port in DEFAULT_PORTS.items()})
WISH = RunOptions()


def test_the_lab_is_the_default() -> None:
    plan = make_plan(WISH, LAB, "labctl up")
    assert (plan.url, plan.otlp, plan.requests, plan.rps) == ("http://127.0.0.1:9002/predict", LAB.otlp_http, 500, None)
    assert len(plan.run_id) == 16


@pytest.mark.parametrize(("typed", "url"), [
    ("http://localhost:9002", "http://localhost:9002/predict"), ("http://127.0.0.1:9002/", "http://127.0.0.1:9002/predict"),
    ("http://127.0.0.1:9002/predict/batch", "http://127.0.0.1:9002/predict/batch"),
])
def test_the_labs_own_address_is_known(typed: str, url: str) -> None:
    plan = make_plan(replace(WISH, url=typed), LAB, "")
    assert (plan.url, plan.otlp) == (url, LAB.otlp_http)


def test_another_address_gets_no_telemetry() -> None:
    plan = make_plan(replace(WISH, url="http://127.0.0.1:8000/"), LAB, "")
    assert (plan.url, plan.otlp) == ("http://127.0.0.1:8000/", None)
    assert make_plan(replace(WISH, url="http://127.0.0.1:9002/x"), None, "").otlp is None


def test_a_rate_is_per_worker_and_rps_the_total() -> None:
    assert make_plan(replace(WISH, rate=5), LAB, "").rps == 50
    assert make_plan(replace(WISH, rps=5), LAB, "").rps == 5
    with pytest.raises(UsageError, match="exclude"):
        make_plan(replace(WISH, rate=5, rps=5), LAB, "")


def test_a_duration_alone_bounds_by_time() -> None:
    assert make_plan(replace(WISH, duration_s=3), LAB, "").requests is None
    assert make_plan(replace(WISH, duration_s=3, requests=7), LAB, "").requests == 7


def test_neither_url_nor_lab() -> None:
    with pytest.raises(LabError) as error:
        make_plan(WISH, None, "labctl up")
    assert error.value.hint == "labctl up"


def planned(**given: Any) -> LoadPlan:
    return make_plan(RunOptions(**given), LAB, "")


def test_stages_have_a_length_and_a_mean_rate_of_their_own() -> None:
    plan = planned(stages=[Stage(10.0, 0.0, 100.0), Stage(10.0, 100.0, 100.0)])
    assert (plan.rps, plan.duration_s, plan.requests) == (75.0, 20.0, None)
    assert planned(offsets=[0.0, 1.0, 4.0]).requests is None
    assert planned(offsets=[0.0, 1.0, 4.0]).rps == 0.75


@pytest.mark.parametrize(("given", "rps"), [
    ({"offsets": [float(at) for at in range(101)], "duration_s": 10.0}, 1.0), ({"offsets": [0.0, 1.0, 4.0], "requests": 1}, 1.0),
    ({"offsets": [*map(float, range(10)), 3600.0], "duration_s": 10.0}, 1.0),
    ({"stages": [Stage(5.0, 0.0, 5.0), Stage(0.0, 5.0, 0.0), Stage(5.0, 0.0, 0.0)]}, 1.3), ({"offsets": [0.0, 0.0]}, 0.0),
    ({"stages": [Stage(30.0, 10.0, 10.0)], "requests": 100}, 10.0),
    ({"stages": [Stage(30.0, 0.0, 60.0)], "requests": 100}, 10.0),
])
def test_a_shape_that_is_cut_off_has_the_rate_of_what_is_left(given: dict[str, object], rps: float) -> None:
    assert planned(**given).rps == pytest.approx(rps)


def test_what_is_sent_follows_the_method() -> None:
    assert (planned().method, planned().headers) == ("POST", {"content-type": "application/json"})
    get = planned(method="GET", headers={"accept": "*/*"})
    assert (get.method, get.body, get.headers) == ("GET", b"", {"accept": "*/*"})
    assert planned(method="DELETE", body=b"x").headers == {"content-type": "application/json"}
    assert planned(body=b"").headers == {}
    pool = planned(pool=[Request("one", headers={"a": "1", "b": "2"})], headers={"b": "3"}).pool
    assert [one.headers for one in pool] == [{"a": "1", "b": "3"}]


@pytest.mark.parametrize(("given", "seconds"), [
    ({"rps": 200.0, "requests": 2000}, 0.5), ({"rps": 50.0, "duration_s": 600.0}, 1.0), ({"rps": 1000.0, "requests": 10}, 0.05),
    ({"requests": 10}, 0.1), ({"duration_s": 10.0}, 0.5), ({"stages": [Stage(5.0, 1.0, 1.0)]}, 0.25),
])
def test_a_timeline_has_twenty_slices_where_it_can(given: dict[str, object], seconds: float) -> None:
    assert planned(**given).slices_s == pytest.approx(seconds)


@pytest.mark.parametrize(("given", "complaint"), [
    ({"rps": 5.0, "stages": [Stage(1.0, 1.0, 1.0)]}, r"--rps and --stages \(or --ramp\) exclude"),
    ({"rps": 5.0, "closed": True}, "--rps and --rate 0 exclude"),
    ({"stages": [Stage(1.0, 1.0, 1.0)], "duration_s": 5.0}, "define the run's length"),
    ({"arrivals": "poisson"}, "need a rate"), ({"burst": 5}, "need a rate"),
    ({"offsets": [1.0], "arrivals": "poisson"}, "--replay sets every"),
    ({"pool": [Request("a")], "body": b"x"}, "have no effect"),
    ({"pool": [Request("a")], "method": "GET"}, "have no effect"),
    ({"pool": [Request("a", weight=99_991), Request("b", weight=99_989)]}, "weights add up"),
    ({"rps": 50.0, "requests": 50, "warmup_s": 1.0}, "leaves nothing to measure"),
    ({"duration_s": 5.0, "warmup_s": 9.0}, "leaves nothing to measure"),
    ({"stages": [Stage(5.0, 0.0, 0.0)]}, "no request is due"), ({"offsets": [5.0], "duration_s": 1.0}, "no request is due"),
    ({"url": ""}, "expected a URL such as"), ({"url": "http://a b/"}, "expected a URL"), ({"unix": ""}, "expected a path"),
    ({"slo": parse("rate>5%")}, "needs a planned rate"),
])
def test_what_makes_no_sense_is_refused(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        planned(**given)
