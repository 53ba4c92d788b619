"""`labctl compare`."""

from typing import Annotated

import typer

from labctl.cli import completion
from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options

Before = Annotated[str, typer.Argument(
    metavar="RUN", help="A run id or its beginning, last, last-1, …, or a run's file.", autocompletion=completion.runs,
)]
After = Annotated[str, typer.Argument(
    metavar="RUN", help="The run to compare with it.", show_default="last", autocompletion=completion.runs,
)]
Tolerance = Annotated[str, typer.Option(metavar="SHARE", help="Ignore differences below this share.")]


@lab_options
def compare(
    flags: Flags, before: Before, after: After = "last", tolerance: Tolerance = "5%", output: Format = Output.text,
) -> None:
    """Compare two load runs and say whether a difference is more than noise. Exit 6 when something got worse.

    Both runs are cut into short slices; p50 and p99 are compared by rank and rates by mean over the slices, so that a stall
    counts once and not once per request.
    """
    from labctl.config import load
    from labctl.errors import Missed
    from labctl.load.judge import compare as comparing
    from labctl.load.kept_runs import find
    from labctl.load.plan.flag_readers import share
    from labctl.ui.kit.plain import remark

    state, allowed = load(flags).spec().state, share("--tolerance", tolerance)
    skipped: list[str] = []
    pair = find(state, before, skipped.append), find(state, after, skipped.append)
    for reason in dict.fromkeys(skipped):
        remark(f"  skipped: {reason}")
    comparison = comparing.compare(pair[0].summary, pair[1].summary, allowed)
    if output is Output.json:
        print_json("Comparison", {"before": pair[0].as_json(), "after": pair[1].as_json(), **comparison.as_json()})
    else:
        from labctl.ui.kit.console import out
        from labctl.ui.load import compare as screen

        out().print(screen.render(*pair, comparison))
    if comparison.worse:
        raise Missed(comparison.complaint())
