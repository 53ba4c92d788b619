"""`labctl down`."""

from typing import Annotated

import typer

from labctl.cli.options import Flags, Format, Output, lab_options, print_json

Adopt = Annotated[bool, typer.Option("--adopt", help="On kind: also where labctl did not make the cluster, which then stays.")]
KeepCluster = Annotated[bool, typer.Option("--keep-cluster", help="On kind: delete the namespace alone.")]


@lab_options
def down(flags: Flags, keep_cluster: KeepCluster = False, adopt: Adopt = False, output: Format = Output.text) -> None:
    """Take the lab down, and prove that nothing of it is left.

    Finds what belongs to the lab by its token or label, also when the state folder is gone. Logs of plain processes stay in the
    state folder.
    """
    from labctl.config import load
    from labctl.host import locks
    from labctl.lab import plan
    from labctl.model import Lab
    from labctl.targets import ClusterOptions, search
    from labctl.ui.lab.steps import steps

    spec = load(flags).spec()
    with locks.hold(spec.state.with_suffix(".lock"), "down"):
        seen = search(spec, ClusterOptions(adopt=adopt, keep_cluster=keep_cluster))
        # where none stands something may still be left of one, and a cluster of its name may be somebody else's
        targets = [seen.found] if seen.found else list(seen.targets.values())
        done = [step for target in targets for step in plan.down(Lab(spec, target), steps())]
    if output is Output.json:
        print_json({"lab": spec.name, "was_up": seen.found is not None, "result": done[-1].result})
    else:
        print(f"{spec.name} is down" if seen.found else f"{spec.name} was not up")
