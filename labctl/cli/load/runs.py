"""`labctl runs`."""

from labctl.cli.json_output import print_json
from labctl.cli.options import Flags, Format, Output, lab_options


@lab_options
def runs(flags: Flags, output: Format = Output.text) -> None:
    """List this lab's load runs, newest last, and whether each met its thresholds.

    `labctl compare` takes a run id, the beginning of one, or `last`, `last-1` and so on.
    """
    from labctl.config import load
    from labctl.load.kept_runs import kept
    from labctl.ui.kit.plain import remark

    found = kept(load(flags).spec().state)
    if output is Output.json:
        print_json("RunList", {"runs": [run.as_json() for run in found.runs], "skipped": list(found.skipped)})
        return
    for reason in found.skipped:
        remark(f"  skipped: {reason}")
    from labctl.ui.kit.console import out
    from labctl.ui.load import runs as screen

    out().print(screen.render(found.runs))
