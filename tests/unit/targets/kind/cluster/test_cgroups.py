from labctl.targets.kind.cluster.cgroups import parse, pod_counters
from labctl.targets.kubernetes.usage import Counters

V1 = """folder /sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2
nr_periods 20
nr_throttled 0
throttled_time 0
usage_nsec 3000000000
folder /sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/abc
nr_periods 20
nr_throttled 15
throttled_time 5
usage_nsec 2900000000
"""
V2 = """folder /sys/fs/cgroup/kubelet.slice/kubepods-burstable-pod1_2.slice
usage_usec 3000000
nr_periods 20
nr_throttled 15
"""


def test_both_versions_are_read() -> None:
    for text in (V1, V2):
        assert pod_counters([values for _, values in parse(text)]) == Counters(20, 15, 3.0)


def test_a_group_without_a_limit_was_never_held_back() -> None:
    assert pod_counters([{"usage_usec": 5e5}]) == Counters(0.0, 0.0, 0.5)
