"""What of its memory the process gives back to the system once it is free."""

from contextlib import suppress
from typing import Final

MAPPED_BYTES: Final = 256 << 10
_M_MMAP_THRESHOLD: Final = -3           # malloc.h


def map_large_blocks() -> None:
    """From now on each block of MAPPED_BYTES or more is a mapping of its own, which ends when it is freed.

    By itself glibc raises this limit up to 32 MiB, and then keeps what large bodies have taken. Other C libraries have no such
    setting.
    """
    import ctypes  # takes longer than the rest of the start-up can wait

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)
