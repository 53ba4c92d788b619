"""The requests and limits that are enough, against those that the pods have, and the line that sets them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from labctl import numbers
from labctl.cost.estimate import Estimate
from labctl.cost.right_size import LEAST_SAMPLES, RULE, RightSize
from labctl.targets.pods import Pod
from labctl.ui.cost.bill import amount
from labctl.ui.kit.commands import typed
from labctl.ui.kit.palette import DIM, WARN
from labctl.ui.kit.safe_text import visible
from labctl.ui.kit.table import new_table


def render(estimate: Estimate) -> RenderableType:
    return _View(estimate)


@dataclass(frozen=True, slots=True)
class _View:
    estimate: Estimate

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        estimate, volume = self.estimate, self.estimate.bill.asked.volume
        if not estimate.sizes:
            yield Text(f"Not measured: that takes {LEAST_SAMPLES} samples of the components' usage, one every 2 s.")
            yield Text(typed("labctl load -d 30s --rps 50"))
            return
        at = f" at {numbers.rate(estimate.lab.rps)}" if estimate.lab.rps is not None else ""
        yield Text(visible(f"Used in {volume.source if volume else 'the run'}{at}, and what that asks for"), style="bold")
        yield Text(RULE, style=DIM)
        if volume:
            yield Text(f"Measured for {volume.seconds:.0f} s: a longer run may need more memory.", style=DIM)
        yield Text()
        yield _table(estimate)
        for size in estimate.sizes:
            if size.capped:
                share = numbers.percent(size.throttled or 0.0, 1.0)
                yield Text(f"! The {size.component} was throttled in {share} of its periods: it may need more CPU.", style=WARN)
        saved = estimate.right_sizing
        yield Text.assemble("saves ", (amount(saved, estimate.bill), "bold"), f" a month on {estimate.bill.asked.provider.title}")
        yield Text()
        yield from (Text(line, no_wrap=True, overflow="ignore") for line in _command(estimate.sizes))
        if estimate.lab.target == "local":
            yield Text("(on kind only: plain processes have no requests)", style=DIM)


def _command(sizes: Sequence[RightSize]) -> list[str]:
    """One line of the shell in several, so that it can be pasted."""
    sets = [f"  --set {name}={text}" for size in sizes for name, text in size.sets.items()]
    return " \\\n".join([typed("labctl up"), *sets]).splitlines()


def _table(estimate: Estimate) -> Table:
    table = new_table("", "used (p95, peak)", "requests", "enough", "limit")
    for column in table.columns[1:]:
        column.justify = "right"
    pods: Mapping[str, Pod] = {pod.component: pod for pod in estimate.bill.asked.pods}
    for size in estimate.sizes:
        pod = pods.get(size.component)
        _rows(table, size, pod)
    return table


def _rows(table: Table, size: RightSize, pod: Pod | None) -> None:
    name, cores = Text(visible(size.component)), numbers.cores
    table.add_row(
        Text.assemble(name, ("  CPU", DIM)), f"{cores(size.cpu_p95)}, {cores(size.cpu_peak)}", cores(pod.cpu) if pod else "",
        Text(cores(size.cpu_request), style="bold"), cores(size.cpu_limit),
    )
    table.add_row(
        Text("  memory", style=DIM), numbers.size(size.memory_peak), numbers.size(pod.memory) if pod else "",
        Text(numbers.size(size.memory_request), style="bold"), numbers.size(size.memory_limit),
    )
