"""Requests and limits that are enough, from what a run measured.

The rule: a CPU request is the 95th percentile of the samples and a fifth more, its limit twice that and never below the peak and
a fifth more, nor below a quarter of a core, since a program that starts needs more than one that waits; a memory request is the
peak and a fifth more, its limit the peak and a half more, so that the collector's memory_limiter (80 % of the limit) stays away.
Subtle: that holds for the rate and the length of that run, not for others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any, Final

from labctl.cost.measured.usage import ComponentUse
from labctl.targets.pods import Pod

RULE: Final = "CPU: p95 + 20 %, limit twice that, at least 0.25 cores; memory: peak + 20 %, limit peak + 50 %"
LEAST_SAMPLES: Final = 8
_HEADROOM: Final = 1.2
_LIMIT: Final = 2.0
_MEMORY_LIMIT: Final = 1.5
_P95: Final = 0.95
_CPU_STEP: Final = 0.01                 # cores
_MEMORY_STEP: Final = 16 << 20
_LEAST_CPU: Final = 0.01
_LEAST_CPU_LIMIT: Final = 0.25          # limits cost nothing, and Python starts in about two seconds of a core
_LEAST_MEMORY: Final = 32 << 20
_THROTTLED: Final = 0.05


@dataclass(frozen=True, slots=True)
class RightSize:
    component: str
    samples: int
    cpu_p95: float                      # cores, of one pod
    cpu_peak: float
    memory_peak: int                    # bytes
    cpu_request: float
    cpu_limit: float
    memory_request: int
    memory_limit: int
    throttled: float | None             # it may need more than it could use

    @property
    def sets(self) -> Mapping[str, str]:
        """The overrides that set it."""
        return {
            f"{self.component}.requests.cpu": f"{round(self.cpu_request * 1000)}m",
            f"{self.component}.limits.cpu": f"{round(self.cpu_limit * 1000)}m",
            f"{self.component}.requests.memory": f"{self.memory_request >> 20}Mi",
            f"{self.component}.limits.memory": f"{self.memory_limit >> 20}Mi",
        }

    @property
    def capped(self) -> bool:
        """Whether its CPU limit held it back, so that more was wanted than was measured."""
        return self.throttled is not None and self.throttled >= _THROTTLED

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "capped": self.capped, "set": dict(self.sets)}


def right_sizes(used: Sequence[ComponentUse]) -> list[RightSize]:
    """Of the components with enough samples."""
    return [_right_size(one) for one in used if len(one.cpu) >= LEAST_SAMPLES and one.memory]


def right_sized(pods: Sequence[Pod], sizes: Sequence[RightSize]) -> list[Pod]:
    by_name = {size.component: size for size in sizes}
    return [
        replace(pod, cpu=size.cpu_request, memory=float(size.memory_request), source="right-sizing")
        if (size := by_name.get(pod.component)) else pod for pod in pods
    ]


def _right_size(used: ComponentUse) -> RightSize:
    cpu = sorted(used.cpu)
    p95, peak = cpu[min(ceil(_P95 * len(cpu)), len(cpu)) - 1], cpu[-1]
    request = _up(max(p95 * _HEADROOM, _LEAST_CPU), _CPU_STEP)
    memory = int(_up(max(used.memory * _HEADROOM, _LEAST_MEMORY), _MEMORY_STEP))
    limit = _up(max(_LIMIT * request, peak * _HEADROOM, _LEAST_CPU_LIMIT), _CPU_STEP)
    memory_limit = int(_up(max(used.memory * _MEMORY_LIMIT, memory), _MEMORY_STEP))
    return RightSize(used.component, len(cpu), p95, peak, used.memory, request, limit, memory, memory_limit, used.throttled)


def _up(value: float, step: float) -> float:
    return round(ceil(value / step - 1e-9) * step, 6)
