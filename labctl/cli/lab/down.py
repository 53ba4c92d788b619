"""`labctl down`."""

from typing import Annotated

import typer

from labctl.cli.json_output import print_json
from labctl.cli.lessons.scene import undone
from labctl.cli.options import Flags, Format, Output, lab_options

Adopt = Annotated[bool, typer.Option("--adopt", help="On kind: also in a cluster that labctl did not create, which then stays.")]
KeepCluster = Annotated[bool, typer.Option("--keep-cluster", help="On kind: delete only the namespace.")]


@lab_options
def down(flags: Flags, keep_cluster: KeepCluster = False, adopt: Adopt = False, output: Format = Output.text) -> None:
    """Stop and remove the lab, and verify that nothing is left.

    What belongs to the lab is found by its label or process token, even if the state folder is gone. Log files of local
    processes stay in the state folder, and what --export file has written. Switches and overrides that no setting gives end with
    the lab; the line that brings it up with them again is printed.
    """
    from labctl.config import load
    from labctl.faults.lease import forget
    from labctl.lab import lifecycle
    from labctl.targets import ClusterOptions
    from labctl.targets.fetched import left_of_processes
    from labctl.ui.kit.commands import typed
    from labctl.ui.kit.plain import say
    from labctl.ui.lab.steps import steps

    config = load(flags)
    with undone(config, "labctl down"):
        result = lifecycle.down(config.spec(), ClusterOptions(adopt=adopt, keep_cluster=keep_cluster), steps())
    forget(config.state)
    if output is Output.json:
        print_json("Down", result.as_json())
    else:
        say(f"{result.lab} is down" if result.was_up else f"{result.lab} was not up")
        if result.again:
            say(f"its switches ended with it; again: {typed(result.again)}")
        if kept := left_of_processes(config.state):
            say(kept)
