"""`labctl kubeconfig`."""

from typing import Annotated

import typer

from labctl.cli.options import Flags, lab_options

Merge = Annotated[bool, typer.Option("--merge", help="Add it to yours (KUBECONFIG, or ~/.kube/config) as the current context.")]


@lab_options
def kubeconfig(flags: Flags, merge: Merge = False) -> None:
    """Print the path of the cluster's kubeconfig, as in: kubectl --kubeconfig "$(labctl kubeconfig)" get pods

    Your own kubeconfig is neither read nor written, unless --merge says so; `labctl down` then takes the entry out again.
    """
    from labctl.config import load
    from labctl.targets import require_target

    print(require_target(load(flags).spec()).kubeconfig(merge=merge))
