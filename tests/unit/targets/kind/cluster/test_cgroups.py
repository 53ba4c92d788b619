from labctl.targets.kind.cluster.cgroups import parse, pod_counters
from labctl.targets.kubernetes.usage import Counters

V1 = """/sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/cpu.stat:nr_periods 20
/sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/cpu.stat:nr_throttled 0
/sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/cpu.stat:throttled_time 0
/sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/cpuacct.usage:3000000000
/sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/abc/cpuacct.usage:2900000000
/sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/abc/cpu.stat:nr_periods 20
/sys/fs/cgroup/cpu,cpuacct/kubelet/kubepods/burstable/pod1-2/abc/cpu.stat:nr_throttled 15
"""
V2 = """/sys/fs/cgroup/kubelet.slice/kubepods-burstable-pod1_2.slice/cpu.stat:usage_usec 3000000
/sys/fs/cgroup/kubelet.slice/kubepods-burstable-pod1_2.slice/cpu.stat:nr_periods 20
/sys/fs/cgroup/kubelet.slice/kubepods-burstable-pod1_2.slice/cpu.stat:nr_throttled 15
"""


def test_both_versions_are_read() -> None:
    for text in (V1, V2):
        assert pod_counters(list(parse(text).values())) == Counters(20, 15, 3.0)


def test_a_group_without_a_limit_was_never_held_back() -> None:
    assert pod_counters([{"usage_usec": 5e5}]) == Counters(0.0, 0.0, 0.5)
