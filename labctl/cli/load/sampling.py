"""`labctl sampling`."""

from typing import Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.lazy import flowing
from labctl.cli.options import Flags, Format, Output, lab_options
from labctl.cli.strict import StrictCommand

Run = Annotated[str, typer.Argument(
    metavar="RUN", help="A load run: its id, the beginning of its id, or last, last-1, …", autocompletion=completion.runs,
    show_default=False,
)]
Policies = Annotated[list[str] | None, typer.Option(
    "--sampling", metavar="POLICY", show_default=False,
    help="As for `labctl up`. Repeatable. Without it: the lab's own, else 10%, head:10% and tail:errors,slow>400ms,5%.",
)]
Slow = Annotated[str | None, typer.Option(
    metavar="TIME", show_default=False,
    help="Traces that take longer count as slow. Without it: as the policies say, else the slowest 1 %.",
)]


@lab_options
def what_if(flags: Flags, run: Run = "last", sampling: Policies = None, slow: Slow = None, output: Format = Output.text) -> None:
    """Replay a run's stored traces through a separate collector with a sampling policy, and say what it would have kept.

    It counts the traces kept, the errors and slow traces missing, and how far p50 and p99 of the kept ones are off. The lab is
    not changed. Choose a run without sampling: what the lab has not stored cannot be replayed.
    """
    from labctl.config import load, seconds
    from labctl.load import kept_runs
    from labctl.load.sampling.what_if import LoadRun
    from labctl.load.sampling.what_if import what_if as replay
    from labctl.switches.sampling import SAMPLING
    from labctl.targets import require_target
    from labctl.viewer_client.client import ViewerClient

    config = load(flags)
    spec, slow_ms = config.spec(), None if slow is None else seconds(slow, "--slow") * 1e3
    for text in sampling or ():
        _require_policy(text)
    target = require_target(spec)
    on = target.switches().get(SAMPLING.name)
    summary = kept_runs.find(spec.state, run).summary
    policies = sampling or ([on] if on else SAMPLING.examples)
    replayed = LoadRun(summary.run_id, summary.sent)
    found = replay(spec, ViewerClient(target.endpoints().viewer), replayed, policies, slow_ms)
    if output is Output.json:
        print_json("SamplingWhatIf", found.as_json())
        return
    from labctl.ui.kit.console import out
    from labctl.ui.load import what_if as screen

    out().print(screen.render(found))


def _require_policy(text: str) -> None:
    from labctl.errors import UsageError
    from labctl.switches.sampling import policy

    try:
        policy(text)
    except ValueError as error:
        raise UsageError(f"--sampling {text}: expected {error}") from None


sampling = typer.Typer(name="sampling", help="Try a sampling policy on a run's stored traces.", no_args_is_help=True)
sampling.command("what-if", cls=StrictCommand, help=flowing(what_if.__doc__ or ""))(what_if)
