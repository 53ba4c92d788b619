"""A call at an instant of the monotonic clock: by a timer of the kernel where there is one, else by the loop's own timers.

Subtle: the event loop's timers count whole milliseconds and are on average 0.3 ms late; a timerfd is late by 0.03 ms. Neither
is ever early: the loop's delay is rounded up.
"""

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import Protocol

_MONOTONIC = 1                          # CLOCK_MONOTONIC and TFD_TIMER_ABSTIME of <linux/time.h> and <linux/timerfd.h>
_ABSOLUTE = 1
_FLAGS = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)    # TFD_NONBLOCK and TFD_CLOEXEC are the same bits


class Alarm(Protocol):
    """Rings once at the time it was set to; setting it again replaces that time."""

    def set(self, when: float) -> None:
        """Ring at `when`, in seconds of `time.monotonic`, or at once if that is past."""
    def close(self) -> None: ...


def alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> Alarm:
    """The most precise alarm that this system has."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            return KernelAlarm(loop, ring)
    return LoopAlarm(loop, ring)


class _Timerspec(ctypes.Structure):
    """struct itimerspec: interval and first expiration, each in seconds and nanoseconds (timerfd_settime(2))."""

    _fields_ = (
        ("interval_s", ctypes.c_long), ("interval_ns", ctypes.c_long), ("s", ctypes.c_long), ("ns", ctypes.c_long),
    )


class KernelAlarm:
    """A timerfd watched by the event loop. Raises OSError or AttributeError on systems without one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._fd = libc.timerfd_create(_MONOTONIC, _FLAGS)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop, self._ring = loop, ring
        self._spec = _Timerspec()
        self._pointer = ctypes.byref(self._spec)
        loop.add_reader(self._fd, self._expired)

    def set(self, when: float) -> None:
        self._spec.s = int(when)
        self._spec.ns = ceil((when - int(when)) * 1e9)
        if self._spec.ns >= 1_000_000_000:  # noqa: PLR2004 nanoseconds in a second
            self._spec.s, self._spec.ns = self._spec.s + 1, 0
        self._settime(self._fd, _ABSOLUTE, self._pointer, None)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _expired(self) -> None:
        with suppress(BlockingIOError):                 # it was set again after it had expired
            os.read(self._fd, 8)
            self._ring()


class LoopAlarm:
    """The event loop's own timers."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop, self._ring = loop, ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, when: float) -> None:
        self.close()
        delay_ms = ceil(max(when - time.monotonic(), 0.0) * 1e3)
        self._handle = self._loop.call_later(delay_ms / 1e3, self._ring)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
