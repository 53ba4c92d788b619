"""What this machine has left."""

import time
from pathlib import Path
from typing import Final

import psutil

from labctl.host import folders
from labctl.why.facts import MachineFacts

_SECONDS: Final = 0.8
_INOTIFY: Final = Path("/proc/sys/fs/inotify/max_user_instances")


def measure(state: Path) -> MachineFacts | None:
    psutil.cpu_percent()
    time.sleep(_SECONDS)
    memory, disk = psutil.virtual_memory(), folders.disk(state)
    return MachineFacts(
        cores=psutil.cpu_count() or 1, load=psutil.getloadavg()[0], busy=psutil.cpu_percent() / 100, memory=memory.total,
        memory_available=memory.available, state=state, disk=disk.total, disk_free=disk.free, inotify_instances=_inotify(),
    )


def _inotify() -> int | None:
    try:
        return int(_INOTIFY.read_text())
    except (OSError, ValueError):
        return None
