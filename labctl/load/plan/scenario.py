"""A load run as a YAML file: requests, rate, length and thresholds, so that it can be kept in a repository.

    rps: 50                       requests per second in total; without rps and stages: a closed loop
    stages:                       the rate ramps linearly to each stage's, beginning at 0 or at `rps`
      - {time: 30s, rps: 100}
    duration: 1m                  or total: 500
    arrivals: poisson             or constant
    burst: 10
    warm-up: 5s
    concurrency: 20
    connections: last-used        or round-robin: which idle connection takes the next request
    timeout: 10s
    seed: 1
    url: http://127.0.0.1:9002    default: the lab's service; --url overrides it
    thresholds: [p99<200ms, errors<1%]
    abort: true                   stop as soon as a threshold is certainly broken
    requests:                     each is sent in proportion to its weight
      - name: predict
        weight: 9             shared by the bodies of a body file
        method: POST          GET where there is no body
        path: /predict
        headers: {accept: application/json}
        json: {features: [1, 2]}  or body: "…", or body-file: bodies.jsonl beside the scenario
        expect: [200, 4xx]        statuses that count as success; 200-399 where nothing is said

Every key is optional. A flag on the command line overrides its key.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from labctl.errors import UsageError, again
from labctl.load.plan import scenario_requests, thresholds, value_readers
from labctl.load.plan.load_plan import LAST_USED, ROUND_ROBIN
from labctl.load.plan.run_options import RunOptions
from labctl.load.plan.scenario_requests import scalar
from labctl.load.plan.stages import Stage
from labctl.load.plan.yaml_document import Part, read

_STAGES = "stages: [{time: 30s, rps: 100}]"


def load(name: str) -> RunOptions:
    """The scenario from that file, or of that name in the package. Raises UsageError that names file, line, key and the fix."""
    found = read(_place(name)).mapping(*_KEYS)
    given = {field: reader(found[key]) for key, (field, reader) in _KEYS.items() if key in found}
    if "stages" in given:
        given["stages"] = ramps(given["stages"], given.pop("rps", 0.0))
    return RunOptions(**given)


def names() -> Sequence[str]:
    """The scenarios that come with the package."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _package().iterdir() if entry.name.endswith(".yaml"))


def ramps(goals: Sequence[tuple[float, float]], first: float) -> Sequence[Stage]:
    """From (seconds, rate at their end) to stages, each beginning where the previous ended; a stage of 0 s is a jump."""
    starts = [first, *(rate for _, rate in goals)]
    return [Stage(seconds, start, rate) for start, (seconds, rate) in zip(starts, goals, strict=False)]


def _place(name: str) -> Path:
    if name in names():
        return Path(str(_package() / f"{name}.yaml"))
    if not value_readers.is_file(name):
        near = next(iter(get_close_matches(name, names(), 1)), "")
        meant = f"; {near} is close to it" if near else ""
        raise UsageError(
            f"--scenario {name}: neither a file nor a scenario that comes with labctl{meant}",
            advice=f"there are {', '.join(names())}", hint=again(name, near) if near else "",
        )
    return Path(name)


def _package() -> Traversable:
    return files("labctl.load.plan") / "scenarios"


def _stages(part: Part) -> Sequence[tuple[float, float]]:
    goals = [_stage(entry) for entry in part.items()]
    if not sum(seconds for seconds, _ in goals):
        raise part.wrong("the stages have no duration", _STAGES)
    return goals


def _stage(entry: Part) -> tuple[float, float]:
    found = entry.mapping("time", "rps")
    if len(found) < 2:  # noqa: PLR2004 both of them
        raise entry.wrong("expected time and rps", _STAGES)
    time = found["time"].read(value_readers.time(), "time: 30s")
    return time, found["rps"].read(value_readers.number(0, value_readers.MOST_RPS), "rps: 100")


def _thresholds(part: Part) -> Sequence[thresholds.Threshold]:
    example = f"thresholds: [{thresholds.EXAMPLE.replace(',', ', ')}]"
    return [threshold for entry in part.items() for threshold in entry.read(thresholds.parse, example)]


def _truth(part: Part) -> bool:
    return part.read(value_readers.one_of("true", "false"), "abort: true") == "true"


_KEYS: Mapping[str, tuple[str, Callable[[Part], Any]]] = {
    "url": ("url", scalar(str, "http://127.0.0.1:9002/predict")),
    "rps": ("rps", scalar(value_readers.number(0.001, value_readers.MOST_RPS), "50")),
    "stages": ("stages", _stages),
    "duration": ("duration_s", scalar(value_readers.time(0.001), "30s")),
    "total": ("requests", scalar(value_readers.whole(1, 10**9), "500")),
    "arrivals": ("arrivals", scalar(value_readers.one_of("constant", "poisson"), "poisson")),
    "burst": ("burst", scalar(value_readers.whole(1, 10**6), "10")),
    "warm-up": ("warmup_s", scalar(value_readers.time(), "5s")),
    "concurrency": ("concurrency", scalar(value_readers.whole(1, 10_000), "10")),
    "timeout": ("timeout_s", scalar(value_readers.time(0.001), "10s")),
    "connections": ("connections", scalar(value_readers.one_of(ROUND_ROBIN, LAST_USED), LAST_USED)),
    "seed": ("seed", scalar(value_readers.whole(0, 2**63), "1")),
    "thresholds": ("slo", _thresholds),
    "abort": ("abort", _truth),
    "requests": ("pool", scenario_requests.requests),
}
