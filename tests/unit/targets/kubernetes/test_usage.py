import pytest

from labctl.targets.kubernetes.usage import PERIODS, THROTTLED, counted, quantity, summarised

TEXT = f"""# HELP {PERIODS} periods
{PERIODS}{{container="service",namespace="lab",pod="a"}} 200 1700000000000
{THROTTLED}{{container="service",namespace="lab",pod="a"}} 50 1700000000000
{PERIODS}{{container="",namespace="lab",pod="a"}} 999 1700000000000
{PERIODS}{{container="service",namespace="other",pod="b"}} 7 1700000000000
"""


def test_counters_of_the_labs_containers_alone():
    assert counted(TEXT.splitlines(), "lab") == {(PERIODS, "a"): 200.0, (THROTTLED, "a"): 50.0}


def test_a_pod_without_figures_has_none():
    pods = [
        {
            "podRef": {"name": "a", "namespace": "lab"},
            "containers": [{"cpu": {"usageNanoCores": 5e8}, "memory": {"workingSetBytes": 7}}],
        },
        {"podRef": {"name": "b", "namespace": "lab"}, "containers": [{}]},
        {"podRef": {"name": "c", "namespace": "other"}},
    ]
    assert summarised({"pods": pods}, "lab") == {"a": (0.5, 7), "b": (None, None)}


@pytest.mark.parametrize(("text", "value"), [("500m", 0.5), ("2", 2.0), ("256Mi", 256 << 20), ("1Gi", 1 << 30), (None, None)])
def test_quantities(text, value):
    assert quantity(text) == value
