"""Remarks on a run from the lab's own limits: the service's CPU limit, its open files, and --rate where --rps was meant."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from labctl import numbers
from labctl.errors import LabError
from labctl.host.open_files import limit_of
from labctl.load.generator.http1.failures import TOO_MANY_FILES
from labctl.load.measure.summary import Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.run_options import RunOptions
from labctl.model import Target, Usage

_SERVICE: Final = "service"
_THROTTLED: Final = 0.05                # share of throttled CFS periods above which the CPU limit is the bottleneck
_OTHER_FILES: Final = 24                # open files of a service besides its connections


@dataclass(frozen=True, slots=True)
class LabNotes:
    cpu_limit: str = ""                 # replaces the advice on workers, since more of them would not help
    others: Sequence[str] = ()


class ServiceUsage:
    """The service's resource usage, read at the beginning and at the end of a run; unknown without a lab."""

    def __init__(self, target: Target | None) -> None:
        self._looks: Iterator[list[Usage]] = target.usage() if target else iter(())
        self._look()

    def throttled(self) -> str:
        """One sentence that names the CPU limit, if it throttled the service since the beginning; else ""."""
        usage = self._look()
        if usage is None or not usage.throttled or usage.throttled < _THROTTLED:
            return ""
        limit = f" of {numbers.cores(usage.cpu_limit)} cores" if usage.cpu_limit else ""
        share = numbers.percent(usage.throttled, 1)
        return f"The service's CPU limit{limit} throttled it in {share} of the periods: raise it, more workers do not help."

    def _look(self) -> Usage | None:
        with suppress(LabError):
            return next((usage for usage in next(self._looks, []) if usage.component == _SERVICE), None)
        return None


def total_rate(options: RunOptions, plan: LoadPlan) -> str:
    """A reminder that --rate is per worker, where the workers cannot keep up."""
    if not options.rate or plan.concurrency == 1 or plan.rps is None:
        return ""
    each, total = numbers.rate(options.rate), numbers.rate(plan.rps)
    return f"--rate is per worker: {total} with {plan.concurrency} of them. For {each} in total: --rps {options.rate:g}"


def open_files(summary: Summary, target: Target | None) -> Iterator[str]:
    """Which limit of open files made requests fail."""
    if TOO_MANY_FILES in summary.errors:
        workers = numbers.plural(summary.concurrency, "worker")
        yield f"{TOO_MANY_FILES}: this shell's limit is too low for {workers}: raise it with ulimit -n"
    if not summary.failed or target is None:
        return
    pid = next((health.pid for health in target.health() if health.name == _SERVICE), None)
    limit = limit_of(pid) if pid else None
    if limit is not None and limit < summary.concurrency + _OTHER_FILES:
        needed = numbers.plural(summary.concurrency, "connection")
        yield (
            f"The service may have {numbers.count(limit)} files open, too few for {needed}: "
            "raise the limit with ulimit -n, then labctl down and labctl up."
        )
