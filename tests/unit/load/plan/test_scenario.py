"""A run as a file: what it becomes, and what is said of one that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import UsageError
from labctl.load.plan import scenario
from labctl.load.plan.load_plan import Request
from labctl.load.plan.run_options import RunOptions
from labctl.load.plan.stages import Stage

JSON = {"content-type": "application/json"}


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> str:
        path = tmp_path / "run.yaml"
        path.write_text(text)
        return str(path)
    return write


@pytest.mark.parametrize("name", ["poison", "soak", "spike", "steady"])
def test_the_packages_scenarios_are_complete(name: str) -> None:
    options = scenario.load(name)
    assert options.slo
    assert options.rps or options.stages
    assert options.concurrency


def test_they_are_all_there_are() -> None:
    assert scenario.names() == ["poison", "soak", "spike", "steady"]


def test_every_key_has_its_effect(written: Any) -> None:
    options = scenario.load(written("""
        url: http://127.0.0.1:9000/
        rps: 5
        duration: 1m
        total: 7
        arrivals: poisson
        burst: 2
        warm-up: 1s
        concurrency: 3
        timeout: 250ms
        seed: 4
        thresholds: [p99<200ms, "errors<1%,rate>4"]
        abort: true
        requests:
          - {name: one, weight: 3, method: PUT, path: "/a?b=c", headers: {X-Y: z}, json: {a: [1]}, expect: [200, 4xx, 500-503]}
          - {path: /health}
    """))
    assert options.pool == [
        Request("one", "PUT", "/a?b=c", {**JSON, "x-y": "z"}, b'{"a": [1]}', 3, [(200, 200), (400, 499), (500, 503)]),
        Request("GET /health", "GET", "/health", {}, b"", 1),
    ]
    assert [term.text() for term in options.slo or ()] == ["p99 < 200 ms", "errors < 1 %", "rate > 4/s"]
    assert (options.url, options.rps, options.duration_s, options.requests, options.arrivals, options.burst) == (
        "http://127.0.0.1:9000/", 5.0, 60.0, 7, "poisson", 2,
    )
    assert (options.warmup_s, options.concurrency, options.timeout_s, options.seed, options.abort) == (1.0, 3, 0.25, 4, True)


def test_stages_begin_where_the_one_before_ended(written: Any) -> None:
    options = scenario.load(written("rps: 2\nstages: [{time: 1s, rps: 4}, {time: 0s, rps: 9}, {time: 3s, rps: 0}]\n"))
    assert options.stages == [Stage(1.0, 2.0, 4.0), Stage(0.0, 4.0, 9.0), Stage(3.0, 9.0, 0.0)]
    assert options.rps is None


def test_the_bodies_of_a_file_share_a_weight(written: Any, tmp_path: Path) -> None:
    (tmp_path / "bodies.jsonl").write_text("1\n2\n3\n")
    pool = scenario.load(written("requests: [{body-file: bodies.jsonl, weight: 3}, {body: x, weight: 1}]")).pool or ()
    assert [(one.body, one.weight) for one in pool] == [(b"1", 3), (b"2", 3), (b"3", 3), (b"x", 3)]
    assert len({one.name for one in pool[:3]}) == 1


def test_a_body_is_sent_as_it_is_written(written: Any) -> None:
    (one,) = scenario.load(written("""requests: {body: '{"a": "\\ud800", "b": NaN'}""")).pool or ()
    assert one.body == b'{"a": "\\ud800", "b": NaN'
    (other,) = scenario.load(written("""requests: {json: {a: "\\u00e4", b: 1e3}}""")).pool or ()
    assert json.loads(other.body) == {"a": "ä", "b": 1000}


def tenfold(name: str, value: str) -> str:
    return f"&{name} [{', '.join([value] * 10)}]"


LAUGHS = f"[{tenfold('a', '1')}, {tenfold('b', '*a')}, {tenfold('c', '*b')}, {tenfold('d', '*c')}, {tenfold('e', '*d')}]"


@pytest.mark.parametrize(("text", "line", "complaint", "fix"), [
    ("rps: 5\ndurations: 3s\n", 2, "durations: unknown key", "duration is close to it"),
    ("rps: fast\n", 1, "rps: 'fast' is not a valid value", "rps: 50"),
    ("rps: -1\n", 1, "rps: -1 is not from 0.001 to 1e+06", "rps: 50"),
    ("rps: nan\n", 1, "rps: nan is not", "rps: 50"),
    ("duration: 9e99\n", 1, "duration: '9e99' is not a valid value", "duration: 30s"),
    ("duration: 99999999d\n", 1, "duration: 8.64e+12 is not", "duration: 30s"),
    ("rps: 1\nrps: 2\n", 2, "rps: duplicate key", "leave one"),
    ("rps: [1]\n", 1, "rps: expected a single value", "rps"),
    ("\n\n- 1\n", 3, "expected keys and values", "url"),
    ("stages:\n  - {time: 5s}\n", 2, "stages[1]: expected time and rps", "rps: 100"),
    ("stages:\n  - time: 5s\n    rps: lots\n", 3, "stages[1].rps: 'lots'", "rps: 100"),
    ("stages: [{time: 0s, rps: 1}]", 1, "the stages have no duration", "time: 30s"),
    ("arrivals: gaussian\n", 1, "arrivals: 'gaussian' is not one of constant, poisson", "arrivals: poisson"),
    ("thresholds:\n - p99<1s\n - p98<1s\n", 3, "thresholds[2]: 'p98<1s': unknown figure p98", "p99<200ms"),
    ("abort: maybe\n", 1, "abort: 'maybe' is not one of true, false", "abort: true"),
    ("requests: []\n", 1, "the list is empty", "json"),
    ("requests:\n - path: predict\n", 2, "requests[1].path: 'predict'", "path: /predict"),
    ("requests:\n - wieght: 3\n", 2, "requests[1].wieght: unknown key", "weight is close to it"),
    ("requests:\n - weight: 0\n", 2, "requests[1].weight: 0 is not", "weight: 3"),
    ("requests:\n - expect: 2yy\n", 2, "requests[1].expect: '2yy'", "4xx"),
    ("requests:\n - expect: 500-400\n", 2, "requests[1].expect: '500-400'", "4xx"),
    ("requests:\n - method: 'GET /'\n", 2, "requests[1].method", "method: POST"),
    ("requests:\n - headers: {'a b': c}\n", 2, "requests[1].headers.a b: not a header name", "accept"),
    ('requests:\n - headers: {a: "b\\r\\nc"}\n', 2, "line break", "a: "),
    ("requests:\n - {body: a, json: b}\n", 2, "requests[1]: json and body exclude", "all but one"),
    ("requests:\n - json: {a: 1, a: 2}\n", 2, "requests[1].json.a: duplicate key", "leave one"),
    ("requests:\n - json: {[1]: 2}\n", 2, "requests[1].json: a key must be a scalar", ""),
    ("requests:\n - json: &a [*a]\n", 2, "requests[1].json: nested too deeply", ""),
    (f"requests:\n - json: {LAUGHS}\n", 2, "it has more than 100000 values, with its aliases expanded", ""),
    ("requests:\n - {path: /x, expect: []}\n", 2, "requests[1].expect: no status would be a success", "4xx"),
    ("requests:\n - {path: /\u2603}\n", 2, "requests[1].path", "/predict"),
    ("requests:\n - {path: /x, headers: {a: \u2603}}\n", 2, "ISO 8859-1", "a: "),
    ('requests:\n - {path: /x, name: "\\ud800"}\n', 2, "requests[1].name", "predict"),
    (f"total: {'9' * 400}\n", 1, "is not from 1 to 1e+09", "500"),
    ("requests:\n - body-file: none.json\n", 2, "none.json: No such file", "body-file"),
    ("a: b: c\n", 1, "not valid YAML", ""),
    ("a: [1\nb: 2\n", 2, "not valid YAML", ""),
])
def test_what_is_wrong_is_named_by_file_line_key_and_fix(text: str, line: int, complaint: str, fix: str, written: Any) -> None:
    path = written(text)
    with pytest.raises(UsageError) as error:
        scenario.load(path)
    assert error.value.message.startswith(f"{path}, line {line}: ")
    assert complaint in error.value.message
    assert fix in error.value.advice


@pytest.mark.parametrize(("content", "complaint"), [
    (b"", "the file is empty"), (b"\xff\xfe\x00", "not valid YAML"), (b"\x00", "not valid YAML"),
    (b"[" * 50_000, "not valid YAML"),
    (b"#" * (5 << 20), "larger than 4 MiB"),
])
def test_what_is_no_scenario_at_all(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        scenario.load(str(tmp_path / "run.yaml"))


def test_a_name_that_is_nowhere() -> None:
    with pytest.raises(UsageError) as error:
        scenario.load("stead")
    assert "poison, soak, spike, steady" in error.value.advice
    assert "steady is close to it" in error.value.message


def test_what_is_typed_goes_before_what_is_written() -> None:
    written = RunOptions(rps=50.0, duration_s=30.0, concurrency=5, warmup_s=2.0)
    assert RunOptions().over(written) == written
    assert RunOptions(concurrency=9).over(written) == RunOptions(rps=50.0, duration_s=30.0, concurrency=9, warmup_s=2.0)
    assert RunOptions(requests=10).over(written) == RunOptions(rps=50.0, requests=10, concurrency=5, warmup_s=2.0)
    assert RunOptions(closed=True).over(written) == RunOptions(closed=True, duration_s=30.0, concurrency=5, warmup_s=2.0)
    stages = [Stage(1.0, 0.0, 5.0)]
    assert RunOptions(stages=stages).over(written) == RunOptions(stages=stages, concurrency=5, warmup_s=2.0)
