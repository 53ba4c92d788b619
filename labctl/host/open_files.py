"""What the shell allows this process, and what it starts: open files."""

import resource

ENOUGH = 1 << 16
FEW = 1024                              # each connection is one


def raise_limit() -> int:
    """Allow as many open files as this user may have without asking anybody, and say how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ENOUGH if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):       # macOS has another limit beside it
        return soft
    return wanted


def limit_of(pid: int) -> int | None:
    """How many files a process may have open; None where that is not told, or it has ended."""
    import psutil

    if not hasattr(psutil.Process, "rlimit"):           # Linux alone tells
        return None
    try:
        return int(psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)[0])
    except psutil.Error:
        return None
