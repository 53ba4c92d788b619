"""The limit of open files of this process and of the processes it starts."""

import resource

ENOUGH = 1 << 16
FEW = 1024                              # each connection takes one


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard limit, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ENOUGH if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):       # macOS has a second, lower limit
        return soft
    return wanted


def has_fewer(pid: int) -> bool:
    """Whether a process may open only few files, and fewer than this one could give it; False where that is unknown."""
    limit = limit_of(pid)
    return limit is not None and limit < min(FEW, raise_limit())


def limit_of(pid: int) -> int | None:
    """How many files a process may have open; None where unknown, or when it has ended."""
    import psutil

    if not hasattr(psutil.Process, "rlimit"):           # only on Linux
        return None
    try:
        return int(psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)[0])
    except psutil.Error:
        return None


def opened_by(pid: int) -> int | None:
    """How many files a process has open; None where unknown, or when it has ended."""
    import psutil

    try:
        return int(psutil.Process(pid).num_fds())
    except (psutil.Error, AttributeError):              # Windows has no such number
        return None
