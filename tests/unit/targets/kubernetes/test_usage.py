from typing import Any

from labctl.targets.kubernetes.usage import PERIODS, THROTTLED, Counters, UsageSample, counted, summarised, usage

TEXT = f"""# HELP {PERIODS} periods
{PERIODS}{{container="service",namespace="lab",pod="a"}} 200 1700000000000
{THROTTLED}{{container="service",namespace="lab",pod="a"}} 50 1700000000000
{PERIODS}{{container="",namespace="lab",pod="a"}} 999 1700000000000
{PERIODS}{{container="service",namespace="other",pod="b"}} 7 1700000000000
"""


def test_counters_of_the_labs_containers_alone() -> None:
    assert counted(TEXT.splitlines(), "lab") == {"a": Counters(200.0, 50.0)}


def test_a_pod_without_figures_has_none() -> None:
    pods = [
        {
            "podRef": {"name": "a", "namespace": "lab"},
            "containers": [{"cpu": {"usageNanoCores": 5e8}, "memory": {"workingSetBytes": 7}}],
        },
        {"podRef": {"name": "b", "namespace": "lab"}, "containers": [{}]},
        {"podRef": {"name": "c", "namespace": "other"}},
    ]
    assert summarised({"pods": pods}, "lab") == {"a": (0.5, 7), "b": (None, None)}


POD = {"metadata": {"name": "a"}, "spec": {"containers": [{"resources": {"limits": {"cpu": "500m", "memory": "256M"}}}]}}


def sample(at: float, counters: Counters | None) -> UsageSample:
    return UsageSample(at, {"a": (0.1, 7)}, {"a": counters} if counters else {})


def used(old: Counters | None, new: Counters | None) -> Any:
    return usage("service", POD, sample(12.0, new), sample(10.0, old))


def test_throttling_is_that_between_two_looks_and_not_since_the_start() -> None:
    found = used(Counters(1000, 10, 100.0), Counters(1020, 28, 101.0))
    assert (found.throttled, found.cpu) == (0.9, 0.5)
    assert (found.cpu_limit, found.memory_limit) == (0.5, 256e6)


def test_what_has_not_been_told_is_unknown() -> None:
    assert used(Counters(1000, 10), Counters(1000, 10)).throttled is None       # the kubelet has not measured again
    assert used(None, Counters(1000, 10)).throttled is None
    assert used(None, None).cpu == 0.1


def test_what_did_not_run_was_not_held_back() -> None:
    assert used(Counters(1000, 10, 1.0), Counters(1000, 10, 1.0)).throttled == 0.0
