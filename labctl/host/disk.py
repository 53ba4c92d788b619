"""Free space, of the nearest folder that exists."""

import shutil
from pathlib import Path


def free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
