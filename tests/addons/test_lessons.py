"""The lessons of the add-ons: refused without theirs, and solved by what a learner can ask each add-on."""

import json
import os
import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Final

import pytest

from tests.addons.stores import ask
from tests.cases.spans import wait_until
from tests.driver import Driver, a_name, free_ports

PROGRAMS: Final = ("otelcol-contrib", "prometheus", "alertmanager", "jaeger", "victoria-logs")
STEPS: Final = ("validate_input", "model_inference", "format_response")
SERVICE: Final = "ai-inference-service"
INCREASE: Final = "sum by (le) (increase(request_duration_ms_bucket[1m]))"
pytestmark = [
    pytest.mark.e2e, pytest.mark.timeout(300),
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"{', '.join(PROGRAMS)} are not all on the PATH"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("teach"), Path(tmp_path_factory.mktemp("lab")))
    with driver.up("--with", f"prometheus:{free_ports(1)[0]},alertmanager,jaeger,logs"):
        yield driver


def value(lab: Driver, query: str) -> float:
    found = json.loads(ask(f"{lab.url('PROMETHEUS')}/api/v1/query", query=query))["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0


def prometheus(lab: Driver) -> str:
    wait_until(lambda: value(lab, "sum(increase(request_duration_ms_count[1m]))") > 80, 20)     # the range may miss its edges
    found = json.loads(ask(f"{lab.url('PROMETHEUS')}/api/v1/query", query=INCREASE))["data"]["result"]
    bounds = sorted(float(one["metric"]["le"]) for one in found)
    within = value(lab, f"histogram_quantile(0.5, {INCREASE})")
    return f"{bounds[bisect_left(bounds, within)]:g} ms"


def alerts(lab: Driver) -> str:
    wait_until(lambda: lab.json("alerts", code=None)["firing"] != [], 60)
    [name] = {one["name"] for one in lab.json("alerts", code=None)["firing"]}
    return ascii_lowercase[lab.json("learn")["options"].index(name)]


def jaeger(lab: Driver) -> str:
    run = lab.json("runs")["runs"][-1]
    since = str(int((run["at"] - run["sent"] / run["rate"] - 2) * 1e6))
    found = json.loads(ask(
        f"{lab.url('JAEGER')}/api/traces", service=SERVICE, operation="POST /predict", minDuration="300ms", limit="1000",
        start=since,
    ))["data"]
    return str(sum(one["traceID"].startswith(run["run_id"]) for one in found))       # others are the canary's


def logs(lab: Driver) -> str:
    """By the record of a request that failed, and its trace."""
    query = ("logs", "--query", '"http.response.status_code":500', "--since", "1m")
    wait_until(lambda: lab.json(*query)["records"] != [], 20)
    spans = lab.json("trace", lab.json(*query)["records"][-1]["trace_id"])["spans"]
    return next(str(span["name"]) for span in spans if span["name"] in STEPS and span["status"] == "error")


SOLUTIONS: Final[dict[str, tuple[Callable[[Driver], str], Callable[[str, list[str]], str]]]] = {
    "prometheus": (prometheus, lambda answer, _: f"{float(answer.split()[0]) + 1}"),
    "jaeger": (jaeger, lambda _, __: "20"),
    "logs": (logs, lambda answer, _: STEPS[STEPS.index(answer) - 1]),
    "alerts": (alerts, lambda answer, options: next(one for one in ascii_lowercase[: len(options)] if one != answer)),
}


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.slow] if name == "alerts" else []) for name in SOLUTIONS      # it waits for an alert
])
def test_the_solution_passes_and_a_wrong_answer_does_not(lab: Driver, name: str) -> None:
    solve, another = SOLUTIONS[name]
    begun = lab.json("learn", name, timeout=150)
    answer = solve(lab)
    wrong = lab.json("answer", another(answer, begun["options"]), code=1, timeout=60)
    assert (wrong["right"], wrong["points"]) == (False, 4)
    right = lab.json("answer", answer, timeout=150)
    assert right["right"], right
    assert right["learnt"]


def test_a_lesson_without_its_add_on_is_refused_with_what_brings_it(lab: Driver) -> None:
    said = lab.run("learn", "autoscaling", code=3).stderr
    assert "needs the add-on hpa in a cluster: plain processes are not autoscaled" in said
    lab.run("up", "--with", "jaeger", timeout=120)
    said = lab.run("learn", "logs", code=3).stderr
    assert said.endswith(f"labctl up --lab {lab.name} --with jaeger,logs\n")
    elsewhere = [folder for folder in os.environ["PATH"].split(":") if not (Path(folder) / "victoria-logs").exists()]
    lab.settings["PATH"] = ":".join(elsewhere)
    assert "its program victoria-logs is not on the PATH" in lab.run("learn", "logs", code=3).stderr
    assert lab.json("learn", "--list")["lessons"][-1]["state"] == "new"
