"""`labctl why` of runs against a service that has one thing wrong with it: made so in a copy of the project, or by a setting."""

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import pytest

from tests.cases.projects import copy_of_the_project
from tests.driver import Driver, a_name

AFTER = "step.describe_input(rows)\n"
SLOWED = AFTER + """\
            import asyncio, os
            if max(map(max, rows)) > 950 or os.path.exists({flag!r}):
                await asyncio.sleep(0.5)
"""


@pytest.fixture(scope="module")
def flag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """While this file is there, every request is slow."""
    return tmp_path_factory.mktemp("flag") / "slow"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, flag: Path) -> Iterator[Driver]:
    project = copy_of_the_project(tmp_path_factory.mktemp("project"))
    handler = project / "service" / "predict.py"
    assert AFTER in handler.read_text()
    handler.write_text(handler.read_text().replace(AFTER, SLOWED.format(flag=str(flag))))
    driver = Driver(a_name("why-run"), tmp_path_factory.mktemp("state"), cwd=project, settings={"DEFAULT_LATENCY_MS": "20"})
    with driver.up() as up:
        yield up


def load(lab: Driver, *words: str, code: int | None = 0) -> None:
    lab.run("load", "--rps", "80", "-c", "60", *words, code=code)


def why(lab: Driver) -> dict[str, Any]:
    return dict(lab.json("why", "last", code=5))


def test_slow_where_a_feature_is_large(lab: Driver, tmp_path: Path) -> None:
    chance, bodies = random.Random(1), tmp_path / "bodies.jsonl"
    values = [chance.uniform(951, 1000) if number % 20 == 0 else chance.uniform(0, 500) for number in range(400)]
    bodies.write_text("".join(json.dumps({"features": [value, 1.0]}) + "\n" for value in values))
    load(lab, "-n", "400", "--body-file", str(bodies))
    slow = why(lab)["slow"]
    first = slow["differences"][0]
    assert (first["span"], first["key"], first["comparison"]) == ("model_inference", "model.input.max", "≥")
    assert 450 < first["value"] < 1000, "on a busy machine a few others are slow too"
    assert first["group_with"] >= 12
    assert "model_inference" in {one["span"] for one in slow["differences"][1:]}
    trace = lab.json("why", first["trace_id"])
    assert trace["difference"]["span"] == trace["parts"][0]["span"] == "model_inference"


def test_errors_in_the_batch_route_alone(lab: Driver, tmp_path: Path) -> None:
    scenario = tmp_path / "mixed.yaml"
    scenario.write_text(json.dumps({"requests": [
        {"path": "/predict", "weight": 8, "json": {"features": [1, 2]}},
        {"path": "/predict/batch", "weight": 3, "json": {"rows": [[1, 2], [3, 4]]}},
        {"path": "/predict/batch", "weight": 1, "json": {"rows": [[1e308, 1e308]]}},
    ]}))
    load(lab, "-n", "360", "--scenario", str(scenario), code=6)
    found = why(lab)
    assert found["failures"] == {"422 (model_inference: overflow)": 30}
    first = found["failed"]["differences"][0]
    assert first["group_with"] == first["group"] == 30
    named = {(one["key"], one["value"]) for one in [first, *first["also"]]}
    assert named & {("http.route", "/predict/batch"), ("model.input.max", 1e308)}
    assert "422" in " ".join(one["text"] for one in lab.json("why", first["trace_id"])["quotes"])


def test_slow_for_a_part_of_the_run(lab: Driver, flag: Path) -> None:
    running = lab.start("load", "--rps", "80", "-c", "60", "-n", "640")
    for change in (flag.touch, flag.unlink):
        with suppress(TimeoutExpired):
            running.wait(2.5)
        change()
    running.communicate(timeout=60)
    first = why(lab)["slow"]["differences"][0]
    assert first["sort"] == "time"
    begin, end = first["value"]
    assert 0.5 < end - begin < 6


def test_a_slow_span(lab: Driver) -> None:
    lab.settings["SLOW_SPAN"] = "format_response:1%:500ms"
    lab.run("up")
    lab.run("load", "--rps", "100", "-c", "60", "-n", "1200")
    first = why(lab)["slow"]["differences"][0]
    assert (first["sort"], first["span"]) == ("own time", "format_response")
    assert lab.json("why", first["trace_id"])["difference"]["span"] == "format_response"
    assert "format_response" in lab.run("why", "last", code=5).stdout
