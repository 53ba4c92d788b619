"""What the generator measures of itself: a generator at its own limit no longer measures the server."""

import gc
import os
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.load.measure.counts import GeneratorUsage

_HIGHEST = "VmHWM:"


class UsageMeter:
    """CPU, memory and garbage collection of this process, from `begin` on."""

    def __init__(self) -> None:
        self._stopped = self._gc_s = 0.0
        gc.callbacks.append(self._collecting)
        self.begin()

    def begin(self) -> None:
        self._cpu, self._at = time.process_time(), time.monotonic()
        self._machine = _machine_cpu()

    def measure(self, own: GeneratorUsage) -> None:
        """Fill in everything except lateness."""
        own.cpu_s = time.process_time() - self._cpu
        own.cpu_share = own.cpu_s / max(time.monotonic() - self._at, 1e-9)
        own.gc_s, own.rss = self._gc_s, peak_rss()
        busy, total = (after - before for before, after in zip(self._machine, _machine_cpu(), strict=True))
        if total > 0:
            own.machine_busy, own.machine_share = busy / total, own.cpu_s / total

    def _collecting(self, phase: str, _: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if phase == "start":
            self._stopped = now
        else:
            self._gc_s += now - self._stopped


def _machine_cpu() -> tuple[float, float]:
    """Busy and total seconds of all cores of the machine together (proc_stat(5)); zeros where the system does not tell."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return 0.0, 0.0
    user, nice, system, idle, iowait, *others = (int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in line.split()[1:9])
    busy = user + nice + system + sum(others)
    return busy, busy + idle + iowait


def peak_rss() -> int:
    """Peak resident memory in bytes. On Linux getrusage(2) would include our parent's from before exec."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(_HIGHEST)), 0)
